"""Encoders: prompts to float32 unit vectors, named by a string such as ``"tfidf"``.

One file per encoder; a new one registers its factory in `ENCODERS` and is found by name.
"""

from routelab.encoders._backoff import EmbeddingServiceError
from routelab.encoders._base import ENCODERS, PromptEncoder, check_prompts, make_encoder
from routelab.encoders._embedding_service import EmbeddingEstimate, EmbeddingUsage
from routelab.encoders.adapt import adapt
from routelab.encoders.cache import CachedEncoder
from routelab.encoders.hashing import HashingEncoder
from routelab.encoders.litellm_embedding import LitellmEncoder
from routelab.encoders.onnx import OnnxEncoder
from routelab.encoders.sentence_transformers import SentenceTransformersEncoder
from routelab.encoders.static import StaticEncoder
from routelab.encoders.static_table import StaticTable
from routelab.encoders.tfidf import TfidfEncoder
from routelab.encoders.turns import TurnsEncoder

__all__ = [
    "ENCODERS",
    "CachedEncoder",
    "EmbeddingEstimate",
    "EmbeddingServiceError",
    "EmbeddingUsage",
    "HashingEncoder",
    "LitellmEncoder",
    "OnnxEncoder",
    "PromptEncoder",
    "SentenceTransformersEncoder",
    "StaticEncoder",
    "StaticTable",
    "TfidfEncoder",
    "TurnsEncoder",
    "adapt",
    "check_prompts",
    "make_encoder",
]
