"""Labels of your own, from recordings to a judged bundle: ``python examples/own_labels.py FOLDER``.

mien does not claim boredom. This shows the way to a label of one's own on real recordings, and how to find out whether it is
any good: `collect`, votes, `data agree`, `train`, and an honest test on people it never heard. FOLDER is EmoDB (CC0, Burkhardt
et al. 2005): ten actors who speak, among others, bored and neutrally. It needs ``pip install 'mien[store,train]'``.

In place of people who listen on the page of `mien label`, two made-up annotators vote here: they know what the actor was asked
for, and one of them gets every seventh clip wrong. So this is about *acted* boredom, and says nothing about pupils.
"""

import csv
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mien.collection.dataset import open_set
from mien.collection.rows import Vote
from mien.collection.settings import SetSettings, write_settings

OWN = {"boredom": "bored", "neutral": "neutral"}
EACH = 4  # clips of each label and actor
RECIPE = Path(__file__).resolve().parent / "own" / "bored.toml"


def run(command: str, folder: Path) -> None:
    """Run a command of mien as you would, and show it."""
    print(f"$ mien {command}", flush=True)
    subprocess.run([sys.executable, "-m", "mien", *shlex.split(command)], cwd=folder, check=True)


def recordings(source: Path, folder: Path) -> dict[str, str]:
    """Copy some recordings of each actor, and note who agreed to what. {file: what the actor was asked for}."""
    with (source / "manifest.csv").open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["label"] in OWN]
    asked: dict[str, str] = {}
    for row in rows:
        name = f"{row['speaker']}_{Path(row['path']).name}"
        alike = [n for n in asked if n.startswith(row["speaker"]) and asked[n] == OWN[row["label"]]]
        if len(alike) < EACH:
            asked[name] = OWN[row["label"]]
            shutil.copy(source / row["path"], folder / "recordings" / name)
    people = sorted({name.rpartition("_")[0] for name in asked})
    agreed = [f"{person},label|train,{person}_*,CC0-1.0" for person in people]
    (folder / "consent.csv").write_text("\n".join(["person,scope,recordings,licence", *agreed]) + "\n")
    return asked


def vote(folder: Path, asked: dict[str, str]) -> None:
    """The votes of two made-up annotators. With people: `mien label set`."""
    with open_set(folder / "set") as kept:
        files = {recording.id: Path(recording.path).name for recording in kept.recordings()}
        for n, clip in enumerate(kept.clips(usable=True)):
            right = asked[files[clip.recording]]
            wrong = next(label for label in OWN.values() if label != right)
            for who, label in (("ann", right), ("ben", wrong if n % 7 == 0 else right)):
                kept.vote(Vote(clip.id, who, {label: 1.0}, seconds=4.0))


def main(source: Path) -> None:
    """From recordings to a bundle and what it is worth."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "recordings").mkdir()
        (folder / "set").mkdir()
        asked = recordings(source, folder)
        write_settings(folder / "set", SetSettings(task="delivery", labels=tuple(OWN.values()), asr="off"))
        run("collect recordings --out set --consent consent.csv --asr off", folder)
        vote(folder, asked)
        run("data agree set --write", folder)
        shutil.copy(RECIPE, folder)
        run("data check set/manifest.csv --recipe bored.toml", folder)
        run("train bored.toml --data set/manifest.csv --runs runs", folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
