"""Pretrained models of sound: on the waveform (wav2vec 2.0, HuBERT, WavLM) and on log-mel (Whisper's encoder)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import InputError
from mien.networks.pretrained import Pretrained, Use, load, pool, read_layers, seen


def voice_network(use: Use, mel: bool) -> Pretrained:
    """Samples (B, T, hop) or log-mel (B, T, frames * mels), mask bool (B, T) -> states (B, T', D)."""
    model: Any = load(use)
    trunk = MelTrunk(model, use) if mel else WaveTrunk(model, use)
    return Pretrained(trunk, int(model.config.hidden_size), use)


class WaveTrunk(nn.Module):
    """Layers of a model on the waveform, side by side: (B, T, hop) -> (B, T, layers * D).

    The convolutions reach a little further than one row, so zeros are added after the end of a sound to give its last row a
    state too. Padding never reaches a state, not even through the group norm of the base models (see ``_Front``).
    """

    def __init__(self, model: Any, use: Use) -> None:
        super().__init__()
        self.samples = Samples(model.config)
        front(model)
        self.model, self.layers, self.pooling = model, use.layers, use.pooling

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """States of the chosen layers, one per row or pooled."""
        out = self.model(**self.samples(values, mask), output_hidden_states=True)
        states = torch.cat(read_layers(out.hidden_states, out.last_hidden_state, self.layers), dim=-1)
        return pool(states, mask, self.pooling)


class Samples(nn.Module):
    """Rows of samples (B, T, hop) and their mask as the arguments that a model on the waveform takes after ``front``.

    Args:
        config: of the model.
        whole: whether the zeros after the end count as heard. Then the last row has a state of its own; else the model hears
            what its own feature extractor would give it.
    """

    def __init__(self, config: Any, whole: bool = True) -> None:
        super().__init__()
        reach, hop = 1, 1
        for kernel, stride in zip(config.conv_kernel, config.conv_stride, strict=True):
            reach, hop = reach + (kernel - 1) * hop, hop * stride
        self.hop, self.beyond, self.counted = hop, reach - hop, reach - hop if whole else 0

    def forward(self, values: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """The samples with a 1 for each that is heard, and the attention mask."""
        shown = seen(mask)
        samples = values.masked_fill(~mask.unsqueeze(-1), 0.0).flatten(1)
        samples = functional.pad(samples, (0, self.beyond))
        count = shown.sum(dim=1, keepdim=True) * self.hop + self.counted
        heard = torch.arange(samples.shape[1], device=mask.device).unsqueeze(0) < count
        return {
            "input_values": torch.stack([samples, heard.to(samples.dtype)], dim=-1),
            "attention_mask": heard.long(),
        }


def front(model: Any) -> None:
    """Give a model on the waveform, alone or inside a classifier, convolutions that never hear padding (see ``_Front``)."""
    model.base_model.feature_extractor = _Front(model.base_model.feature_extractor)


class _Front(nn.Module):
    """The convolutions of a wav2vec-like model, with a group norm that takes its statistics from the sound alone.

    In transformers, the group norm of the base models includes the padding of a batch, so a clip's states depend on the other
    clips of the batch. This module gives a clip the states that transformers gives it alone in a batch.
    """

    def __init__(self, inner: Any) -> None:
        super().__init__()
        self.conv_layers = inner.conv_layers  # the name in transformers, so that weights keep theirs

    def forward(self, values: Tensor) -> Tensor:
        """(B, N, 2), samples and a 1 for each that is not padding -> (B, channels, T)."""
        states, count = values[..., 0].unsqueeze(1), values[..., 1].sum(dim=1)
        for layer in self.conv_layers:
            norm = getattr(layer, "layer_norm", None)
            conv = layer.conv
            count = ((count - conv.kernel_size[0]) / conv.stride[0]).floor() + 1
            if isinstance(norm, nn.GroupNorm):
                states = layer.activation(_norm_heard(conv(states), count, norm))
            else:
                states = layer(states)
        return states


def _norm_heard(states: Tensor, count: Tensor, norm: nn.GroupNorm) -> Tensor:
    """Bring each channel of (B, C, N) to mean 0 and deviation 1 over its first ``count`` (B,) places."""
    heard = (torch.arange(states.shape[-1], device=states.device) < count.unsqueeze(-1)).unsqueeze(1)
    number = count.reshape(-1, 1, 1)
    mean = states.masked_fill(~heard, 0.0).sum(dim=-1, keepdim=True) / number
    centred = (states - mean).masked_fill(~heard, 0.0)
    variance = centred.square().sum(dim=-1, keepdim=True) / number
    scaled: Tensor = centred / (variance + norm.eps).sqrt() * norm.weight.unsqueeze(-1) + norm.bias.unsqueeze(-1)
    return scaled


class MelTrunk(nn.Module):
    """Layers of Whisper's encoder side by side: (B, T, 2 * mels), two frames of 10 ms in a row -> (B, T, layers * D).

    Whisper itself fills every sound up to 30 s. This module does not, so short sounds cost less time. With 30 s of sound the
    states are Whisper's.

    Raises:
        InputError: the model is not a Whisper model.
    """

    def __init__(self, model: Any, use: Use) -> None:
        super().__init__()
        if not hasattr(model, "embed_positions") or not hasattr(model, "conv2"):
            raise InputError(f"'{use.model}' is no Whisper model; voice_hf reads log-mel with those only")
        self.model, self.layers, self.pooling = model, use.layers, use.pooling
        self.mels = int(model.config.num_mel_bins)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """States of the chosen layers, one per row or pooled."""
        shown = seen(mask)
        frames = shown.repeat_interleave(2, dim=1).unsqueeze(1)
        mel = values.reshape(values.shape[0], -1, self.mels).transpose(1, 2).masked_fill(~frames, 0.0)
        early = functional.gelu(self.model.conv1(mel)).masked_fill(~frames, 0.0)
        state = functional.gelu(self.model.conv2(early)).transpose(1, 2)
        places = torch.arange(mask.shape[1], device=mask.device)
        state = state + self.model.embed_positions(places.clamp(max=self.model.max_source_positions - 1))
        bias = torch.zeros(shown.shape, dtype=state.dtype, device=state.device)
        bias = bias.masked_fill(~shown, torch.finfo(state.dtype).min).reshape(mask.shape[0], 1, 1, -1)
        bias = bias.expand(-1, 1, mask.shape[1], -1)
        states = [state]
        for layer in self.model.layers:
            out = layer(states[-1], bias)
            states.append(out[0] if isinstance(out, tuple) else out)
        last = self.model.layer_norm(states[-1])
        return pool(torch.cat(read_layers(states, last, self.layers), dim=-1), mask, self.pooling)
