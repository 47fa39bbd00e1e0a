"""Answers on top of a replay: forecast, what if, regret in hindsight, savings."""

from routelab.forecasting.bootstrap import forecast
from routelab.forecasting.growth import grow
from routelab.forecasting.regret import regret
from routelab.forecasting.regret_result import Regret
from routelab.forecasting.result import Forecast

__all__ = ["Forecast", "Regret", "forecast", "grow", "regret"]
