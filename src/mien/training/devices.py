"""Where a training runs: devices, processes, precision. Lightning Fabric does the work."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from lightning_fabric import Fabric
from lightning_fabric.strategies import STRATEGY_REGISTRY
from lightning_fabric.strategies.ddp import DDPStrategy
from lightning_fabric.utilities.rank_zero import rank_zero_only

from mien.errors import InputError


@dataclass(frozen=True)
class Devices:
    """What a training runs on. The command line says it, not the recipe, which says what is learned.

    Attributes:
        accelerator: "auto" (a GPU where there is one), "cpu", "cuda" or "mps".
        count: how many on each node; with "cpu", how many processes.
        strategy: "auto" (one device), "ddp" (a process per device, gradients averaged) or another name Fabric knows.
        nodes: machines that run the same command.

    Raises:
        InputError: Fabric knows no such strategy.
    """

    accelerator: str = "auto"
    count: int = 1
    strategy: str = "auto"
    nodes: int = 1

    def __post_init__(self) -> None:
        if self.strategy not in ("auto", *STRATEGY_REGISTRY.available_strategies()):
            raise InputError(f"there is no strategy '{self.strategy}'; take auto, ddp or another of Lightning Fabric's")

    def fabric(self, precision: str) -> Fabric:
        """A Fabric with its processes started.

        Raises:
            InputError: if the machine has no such device, or Fabric no such precision.
        """
        # It says which precision the recipe asks for.
        logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
        # Partial labels and missing modalities leave some parameters of a step without a gradient.
        strategy = DDPStrategy(find_unused_parameters=True) if self.strategy == "ddp" else self.strategy
        try:
            fabric = Fabric(
                accelerator=self.accelerator,
                devices=self.count,
                strategy=strategy,
                num_nodes=self.nodes,
                precision=precision,  # type: ignore[arg-type]  # Fabric checks it
            )
        except (ValueError, RuntimeError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise InputError(f"this machine cannot train so: {reason}") from error
        fabric.launch()
        return fabric


def is_first_process() -> bool:
    """Whether this process is the one that writes and prints."""
    rank: int = getattr(rank_zero_only, "rank", 0)
    return rank == 0
