"""Where a training runs: devices, processes and precision, by Lightning Fabric."""

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
    """The devices of a training. The command line names them, because a recipe says only what is learned.

    Attributes:
        accelerator: "auto" (a GPU where there is one), "cpu", "cuda" or "mps".
        count: number of devices on each node; with "cpu", number of processes.
        strategy: "auto" (one device), "ddp" (a process for each device, gradients averaged) or another strategy of Fabric.
        nodes: number of machines that run the same command.

    Raises:
        InputError: Fabric has no such strategy.
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
            InputError: the machine has no such device, or Fabric has no such precision.
        """
        # Below a warning, Fabric only repeats the precision of the recipe.
        logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
        # With partial labels and missing modalities, some parameters get no gradient in a step.
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
    """Whether this is the first process, which writes and prints."""
    rank: int = getattr(rank_zero_only, "rank", 0)
    return rank == 0
