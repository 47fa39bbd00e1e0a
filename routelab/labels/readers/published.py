"""Published sets that are tables: which column is the prompt, which the label, which the group."""

from __future__ import annotations

from typing import ClassVar

from routelab.labels.readers._base import (
    LABEL_READERS,
    LabelReader,
    ParsedLabels,
    named,
    take,
)
from routelab.reading.files import Rows


class _Published(LabelReader):
    """A table with known columns.

    `marks` are the columns that identify the set, all of them.
    """

    prompt: ClassVar[str]
    label: ClassVar[str]
    group: ClassVar[str | None] = None
    marks: ClassVar[frozenset[str]]
    missing: ClassVar[tuple[str, ...]] = ()

    def sniff(self, rows: Rows) -> bool:
        """Look for the columns of the set."""
        return self.marks <= set(rows.names)

    def parse(self, rows: Rows, label: str | None, prompt: str | None) -> ParsedLabels:
        """Read the set's own columns, or the ones that were asked for."""
        chosen = named(rows, label or self.label)
        group = self.group if self.group in rows.names else None
        missing = self.missing if chosen == self.label else ()
        return take(rows, named(rows, prompt or self.prompt), chosen, group=group, missing=missing)


@LABEL_READERS.register("flask")
class Flask(_Published):
    """FLASK: five levels of difficulty; -1 where annotation failed."""

    title = "FLASK (JSONL: instruction, difficulty in five levels)"
    prompt, label = "instruction", "difficulty"
    marks = frozenset({"instruction", "difficulty", "skill", "domain"})
    missing = ("-1",)


@LABEL_READERS.register("wizardlm")
class WizardLM(_Published):
    """WizardLM's test set: difficulty 1 to 10, and the skill as group."""

    title = "WizardLM test set (JSONL: Instruction, Difficulty 1 to 10, Skill)"
    prompt, label, group = "Instruction", "Difficulty", "Skill"
    marks = frozenset({"Instruction", "Difficulty", "Skill"})


@LABEL_READERS.register("math")
class Math(_Published):
    """MATH: level 1 to 5, and the subject as group."""

    title = "MATH (JSONL: problem, level, type)"
    prompt, label, group = "problem", "level", "type"
    marks = frozenset({"problem", "level", "type", "solution"})


@LABEL_READERS.register("bloom")
class Bloom(_Published):
    """Questions by Bloom's taxonomy, BT1 to BT6."""

    title = "Bloom's taxonomy (CSV: Questions, Category BT1 to BT6)"
    prompt, label = "Questions", "Category"
    marks = frozenset({"Questions", "Category"})


@LABEL_READERS.register("banking77")
class Banking77(_Published):
    """BANKING77: 77 intents of one domain."""

    title = "BANKING77 (CSV: text, category)"
    prompt, label = "text", "category"
    marks = frozenset({"text", "category"})

    def sniff(self, rows: Rows) -> bool:
        """Look for these two columns and no other."""
        return set(rows.names) == self.marks


@LABEL_READERS.register("hwu64")
class Hwu64(_Published):
    """HWU64: ``;`` between the columns; the intent within its scenario."""

    title = "HWU64 (CSV with ;: answer or answer_from_dataset, scenario, intent)"
    prompt, label, group = "answer", "intent", "scenario"
    marks = frozenset({"scenario", "intent"})

    def sniff(self, rows: Rows) -> bool:
        """Look for scenario and intent beside what the annotator wrote."""
        return super().sniff(rows) and bool({"answer", "answer_from_dataset"} & set(rows.names))

    def parse(self, rows: Rows, label: str | None, prompt: str | None) -> ParsedLabels:
        """Intents have the same name in several scenarios: the label is ``scenario_intent``."""
        own = next(n for n in ("answer_from_dataset", "answer") if n in rows.names)
        parsed = super().parse(rows, label, prompt or own)
        if label is None:
            parsed.frame["label"] = parsed.frame["group"] + "_" + parsed.frame["label"]
            parsed.label = "scenario_intent"
        return parsed


@LABEL_READERS.register("arena-hard")
class ArenaHard(_Published):
    """Arena-Hard: the subcategory of a prompt, and its category as group."""

    title = "Arena-Hard (JSONL: uid, prompt, category, subcategory)"
    prompt, label, group = "prompt", "subcategory", "category"
    marks = frozenset({"uid", "prompt", "category", "subcategory"})


@LABEL_READERS.register("llmrouter-queries")
class LLMRouterQueries(_Published):
    """LLMRouter's queries: the task that a query belongs to."""

    title = "LLMRouter queries (JSONL: query, task_name)"
    prompt, label = "query", "task_name"
    marks = frozenset({"query", "task_name"})


@LABEL_READERS.register("graphrouter")
class GraphRouter(_Published):
    """GraphRouter's benchmark: difficulty between 0 and 1, and the source as group."""

    title = "GraphRouter benchmark (CSV: question, difficulty, reasoning_depth, source)"
    prompt, label, group = "question", "difficulty", "source"
    marks = frozenset({"question", "difficulty", "reasoning_depth", "solution_steps"})
