"""Answers on top of a replay: forecast, what if, regret in hindsight, savings."""

from routelab.forecasting.bootstrap import forecast
from routelab.forecasting.change_file import read_changes
from routelab.forecasting.changes import Change, WhatIf, what_if
from routelab.forecasting.counterfactual import savings
from routelab.forecasting.growth import grow
from routelab.forecasting.hindsight import regret
from routelab.forecasting.hindsight_result import Regret
from routelab.forecasting.result import Forecast
from routelab.forecasting.transforms import add_model, end_of_life, with_prices

__all__ = [
    "Change",
    "Forecast",
    "Regret",
    "WhatIf",
    "add_model",
    "end_of_life",
    "forecast",
    "grow",
    "read_changes",
    "regret",
    "savings",
    "what_if",
    "with_prices",
]
