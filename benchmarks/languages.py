"""Measures how often another language is noticed, and how often English is taken for another language.

    python benchmarks/languages.py BUNDLE

Texts come from the available sets, and some are written for languages that no set has. *left out*: the text encoder gives
nothing for them. *told*: it reads them, and the guard `other_language` is triggered. *nothing said*: neither is true.
Confidence is that of the words alone, without and with the guard. Speech has a benchmark of its own, ``recognition.py``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from mien.bundle.bundle import Bundle
from mien.data.load import words_of
from mien.data.rows import Row, read_rows
from mien.data.shards.paths import data_root
from mien.types import Segment

OURS = {
    "Spanish": (
        "Estoy muy contento de que hayas venido.",
        "No quiero hablar con nadie hoy.",
        "Me da mucho miedo la oscuridad.",
        "¿Qué haces aquí a estas horas?",
        "La comida estaba fría y la devolvieron.",
        "Mañana vamos a la playa con los niños.",
        "Siento mucho lo que te ha pasado.",
        "¡Esto es una vergüenza, no pienso volver!",
    ),
    "French": (
        "Je suis très content que tu sois venu.",
        "Je ne veux parler à personne aujourd'hui.",
        "J'ai très peur du noir.",
        "Qu'est-ce que tu fais ici à cette heure ?",
        "Le repas était froid et ils l'ont renvoyé.",
        "Demain nous allons à la plage avec les enfants.",
        "Je suis vraiment désolé de ce qui t'est arrivé.",
        "C'est une honte, je ne reviendrai jamais !",
    ),
    "Italian": (
        "Sono molto contento che tu sia venuto.",
        "Oggi non voglio parlare con nessuno.",
        "Ho molta paura del buio.",
        "Che cosa fai qui a quest'ora?",
        "Il cibo era freddo e l'hanno rimandato indietro.",
        "Domani andiamo al mare con i bambini.",
        "Mi dispiace molto per quello che ti è successo.",
        "È una vergogna, non tornerò mai più!",
    ),
    "Dutch": (
        "Ik ben heel blij dat je gekomen bent.",
        "Ik wil vandaag met niemand praten.",
        "Ik ben erg bang in het donker.",
        "Wat doe jij hier op dit uur?",
        "Het eten was koud en ze stuurden het terug.",
        "Morgen gaan we met de kinderen naar het strand.",
        "Het spijt me erg wat je is overkomen.",
        "Dit is een schande, ik kom nooit meer terug!",
    ),
    "Portuguese": (
        "Estou muito contente por teres vindo.",
        "Hoje não quero falar com ninguém.",
        "Tenho muito medo do escuro.",
        "O que fazes aqui a esta hora?",
        "A comida estava fria e mandaram-na para trás.",
        "Amanhã vamos à praia com as crianças.",
        "Lamento muito o que te aconteceu.",
        "Isto é uma vergonha, nunca mais volto!",
    ),
    "Swedish": (
        "Jag är så glad att du kom.",
        "Jag vill inte prata med någon idag.",
        "Jag är mycket rädd för mörkret.",
        "Vad gör du här så dags?",
        "Maten var kall och de skickade tillbaka den.",
        "I morgon åker vi till stranden med barnen.",
        "Jag är verkligen ledsen för det som hänt dig.",
        "Det här är en skam, jag kommer aldrig tillbaka!",
    ),
    "Turkish": (
        "Geldiğine çok sevindim.",
        "Bugün kimseyle konuşmak istemiyorum.",
        "Karanlıktan çok korkuyorum.",
        "Bu saatte burada ne yapıyorsun?",
        "Yemek soğuktu ve geri gönderdiler.",
        "Yarın çocuklarla plaja gidiyoruz.",
        "Başına gelenlere çok üzüldüm.",
        "Bu bir rezalet, bir daha asla gelmeyeceğim!",
    ),
}
"""The same eight sentences in each language. The measure of the guard was chosen among four with the first four languages and
the sets in view; the last three were added after that."""


def texts(root: Path) -> dict[str, Sequence[str]]:
    """{where they are from: what is written}, each text once."""
    comments = (r for r in read_rows(root / "goemotions/data.parquet") if r["split"] == "test")
    found: Mapping[str, Iterable[Row]] = {
        "English, goemotions test": islice(comments, 3000),
        "Chinese, smp2020_ewect_zh": islice(read_rows(root / "smp2020_ewect_zh/data.parquet"), 3000),
        "Polish, nemo_pl": read_rows(root / "nemo_pl/manifest.csv"),
        "German, emodb7_2s": read_rows(root / "emodb7_2s/manifest.csv"),
    }
    once = {name: sorted({str(r["text"]) for r in rows if r["text"]}) for name, rows in found.items()}
    return {**once, **{f"{language}, ours": sentences for language, sentences in OURS.items()}}


def written(bundle: Bundle, lines: Sequence[str]) -> str:
    """Cells of a row of the table of texts."""
    encoder, guards = bundle.encoders["text"], [g for g in bundle.trust.guards if g.reason == "other_language"]
    told, before, after = [], [], []
    for text in lines:
        words = words_of(text)
        track = encoder.prepare(Segment(words.items[0].span | words.items[-1].span, words=words))
        if track is None:
            continue
        told.append(any(g.outside(encoder.measures(track)[g.measure]) for g in guards))
        answer = bundle.answer({"text": track})
        judgement = bundle.trust.of("emotion", ["text"])
        plain = answer.uncalibrated["emotion"][None]
        before.append(float((judgement.calibration.apply(plain) if judgement is not None else plain).max()))
        after.append(float(answer.scores["emotion"].max()))
    out, shares = 1 - len(told) / len(lines), sum(told) / len(lines)
    sure = f"{np.mean(before):.2f} | {np.mean(after):.2f}" if told else " | "
    return f"{len(lines)} | {out:.3f} | {shares:.3f} | {1 - out - shares:.3f} | {sure}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", help="research, open, or a folder")
    parser.add_argument("--data-root", type=Path)
    args = parser.parse_args()
    bundle, root = Bundle.load(args.bundle), data_root(args.data_root)
    print("| texts | n | left out | told | nothing said | sure | sure, guarded |\n|---|---|---|---|---|---|---|")
    for name, lines in texts(root).items():
        print(f"| {name} | {written(bundle, lines)} |", flush=True)


if __name__ == "__main__":
    main()
