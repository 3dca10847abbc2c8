"""How sure a service has to be that somebody speaks: Gladia's `speech_threshold`, AssemblyAI's `vad_threshold`.

Both go from 0 to 1 in the same sense, from another default. Default goes to default, the rest linearly.
"""

from __future__ import annotations

from typing import Any, Final

from shim.mapping import languages
from shim.mapping.row import ABSENT

_GLADIA_SPEECH_THRESHOLD: Final = 0.6
_ASSEMBLYAI_VAD_THRESHOLDS = {
    "u3-rt-pro": 0.3,
    "universal-streaming-english": 0.4,
    "universal-streaming-multilingual": 0.4,
}
_NEWEST_VAD_THRESHOLD: Final = 0.2


def _onto_scale(value: float, default: float, other_default: float) -> float:
    """Linear between 0, the default and 1, so that default meets default."""
    if value <= default:
        return round(value / default * other_default, 3)
    return round(other_default + (value - default) / (1 - default) * (1 - other_default), 3)


def _onto_scale_in_code(default: float, other_default: float) -> str:
    """The same as an expression: of the two lines that meet at the default, the steeper above it or the flatter."""
    low, high = other_default / default, (1 - other_default) / (1 - default)
    below, above = f"value {_factor(low)}", f"1 - (1 - value) {_factor(high)}"
    return f"round({'max' if high > low else 'min'}({below}, {above}), 3)"


def _factor(factor: float) -> str:
    return f"* {factor:.4g}" if factor >= 1 else f"/ {1 / factor:.4g}"


def _vad_default(codes: Any, partials: Any) -> float | None:
    """The threshold of the model that a Gladia session gets; None for one without."""
    model = languages.assemblyai_model(ABSENT, codes, partials)
    if model == languages.EVERY_LANGUAGE_MODEL:
        return None
    return _ASSEMBLYAI_VAD_THRESHOLDS.get(model, _NEWEST_VAD_THRESHOLD)


def for_assemblyai(threshold: Any, codes: Any, partials: Any) -> Any:
    """AssemblyAI's threshold for Gladia's, on the scale of the model that the session gets."""
    default = _vad_default(codes, partials)
    if threshold is ABSENT or threshold == _GLADIA_SPEECH_THRESHOLD or default is None:
        return ABSENT
    return _onto_scale(threshold, _GLADIA_SPEECH_THRESHOLD, default)


def for_assemblyai_in_code(codes: Any, partials: Any) -> str:
    """The same as an expression over `value`; empty for a model without a threshold."""
    default = _vad_default(codes, partials)
    return "" if default is None else _onto_scale_in_code(_GLADIA_SPEECH_THRESHOLD, default)


def for_gladia(threshold: Any, speech_model: Any) -> Any:
    """Gladia's threshold for that of one of AssemblyAI's models."""
    default = _ASSEMBLYAI_VAD_THRESHOLDS.get(str(speech_model), _NEWEST_VAD_THRESHOLD)
    if threshold is ABSENT or threshold == default:
        return ABSENT
    return _onto_scale(threshold, default, _GLADIA_SPEECH_THRESHOLD)


def for_gladia_in_code(speech_model: Any) -> str:
    """The same as an expression over `value`; empty where the model is only known when the program runs."""
    if speech_model is not ABSENT and not (isinstance(speech_model, str) and speech_model):
        return ""
    default = _ASSEMBLYAI_VAD_THRESHOLDS.get(str(speech_model), _NEWEST_VAD_THRESHOLD)
    return _onto_scale_in_code(default, _GLADIA_SPEECH_THRESHOLD)
