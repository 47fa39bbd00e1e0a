"""Answers on top of a replay: forecast, what if, regret in hindsight, savings."""

from routelab.forecasting.bootstrap import forecast
from routelab.forecasting.growth import grow
from routelab.forecasting.regret import regret
from routelab.forecasting.regret_result import Regret
from routelab.forecasting.result import Forecast
from routelab.forecasting.savings import savings
from routelab.forecasting.transforms import add_model, end_of_life, with_prices
from routelab.forecasting.what_if import Change, WhatIf, what_if

__all__ = [
    "Change",
    "Forecast",
    "Regret",
    "WhatIf",
    "add_model",
    "end_of_life",
    "forecast",
    "grow",
    "regret",
    "savings",
    "what_if",
    "with_prices",
]
