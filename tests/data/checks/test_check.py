"""A manifest with every fault there is, and one with none."""

from __future__ import annotations

import io
import json
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from mien.cli import main
from mien.data.checks.check import check
from mien.data.checks.findings import Findings
from mien.data.load import segment_of
from mien.errors import MediaError, RecipeError
from mien.events import finish
from mien.recipe.recipe import Recipe
from mien.recipe.sections import EncoderTable
from mien.report.terminal.checks import render
from mien.samples import demo_clip
from mien.types import EMOTION, Clip, Task


def sound(path: Path, seconds: float = 1.0, pitch: float = 220.0) -> str:
    samples = 8000 * np.sin(2 * np.pi * pitch * np.arange(int(seconds * 16_000)) / 16_000)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())
    return path.name


def picture(path: Path, shade: int) -> str:
    Image.new("RGB", (8, 8), (shade, 0, 0)).save(path)
    return path.name


def checked(folder: Path, *lines: str, tasks: tuple[Task, ...] | None = None) -> Findings:
    path = folder / "my.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    recipe = Recipe("r", {"text": EncoderTable("text_minilm")}, (), tasks=tasks) if tasks else None
    return finish(check(path, recipe))


def reason(folder: Path, header: str, *lines: str) -> str:
    """Why the last row cannot be used."""
    findings = checked(folder, header, *lines)
    assert [fault.row for fault in findings.faults] == [len(lines)], findings.faults
    return findings.faults[0].why


def test_a_good_manifest(tmp_path: Path) -> None:
    first, second = sound(tmp_path / "a.wav"), sound(tmp_path / "b.wav", 0.5)
    findings = checked(
        tmp_path,
        "id,audio,text,speaker,split,emotion",
        f"a,{first},hello,s1,train,joy",
        f"b,{second},,s2,dev,Sad",
        "c,,bye,s3,test,angry",
    )
    assert findings.good
    assert (findings.rows, findings.faulty, findings.modalities) == (3, 0, {"text": 2, "voice": 2})
    assert findings.labels == {"emotion": {"angry": {"test": 1}, "happy": {"train": 1}, "sad": {"valid": 1}}}
    assert findings.speakers == {"train": 1, "valid": 1, "test": 1}
    assert findings.warnings == ()


def test_files_that_are_missing_damaged_or_of_another_kind(tmp_path: Path) -> None:
    header = "audio,video,image,emotion"
    (tmp_path / "broken.wav").write_bytes(b"RIFF nothing")
    (tmp_path / "empty.wav").write_bytes(b"")
    first, face = sound(tmp_path / "a.wav"), picture(tmp_path / "a.png", 9)
    good = f"{first},{demo_clip()},{face},happy"
    assert "there is no file" in reason(tmp_path, header, good, "gone.wav,,,happy")
    assert "not media that can be read" in reason(tmp_path, header, good, "broken.wav,,,happy")
    assert "is empty" in reason(tmp_path, header, good, "empty.wav,,,happy")
    assert "in the column 'audio' has no sound" in reason(tmp_path, header, good, f"{face},,,happy")
    assert "in the column 'video' has no moving picture" in reason(tmp_path, header, good, f",{first},,happy")
    assert "in the column 'image' has no still picture" in reason(tmp_path, header, good, f",,{first},happy")


def test_spans_must_lie_in_the_file(tmp_path: Path) -> None:
    first = sound(tmp_path / "a.wav", 2.0)
    header, good = "audio,start,end,emotion", f"{first},0.5,2.2,happy"
    assert "ends at 9 s, and the audio at 2.0 s" in reason(tmp_path, header, good, f"{first},1,9,happy")
    half = "start '1' and end '': give both in seconds, or neither for the whole file"
    assert reason(tmp_path, header, good, f"{first},1,,happy") == half
    assert "are not two times in seconds" in reason(tmp_path, header, good, f"{first},1.5,1,happy")
    assert "are not two times in seconds" in reason(tmp_path, header, good, f"{first},one,2,happy")
    assert "is no stretch of the file" in reason(tmp_path, header, good, f"{first},1,1,happy")


def test_pictures_in_parquet(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"image": [b"a", b"b"]}), tmp_path / "p.parquet")
    assert "numbered from 0 to 1" in reason(tmp_path, "image,row,emotion", "p.parquet,1,happy", "p.parquet,2,happy")
    assert checked(tmp_path, "image,row,split,emotion", "p.parquet,0,train,sad", "p.parquet,1.0,test,sad").good
    assert "not '0.5'" in reason(tmp_path, "image,row,emotion", "p.parquet,1,happy", "p.parquet,0.5,happy")
    clip = Clip("a", image=tmp_path / "p.parquet", row=2)
    with pytest.raises(MediaError, match="has no picture 2; its rows are numbered from 0 to 1"):
        segment_of(clip, "face")


def test_rows_that_say_too_little_or_too_much(tmp_path: Path) -> None:
    header, good = "id,text,split,emotion,valence", "a,hi,train,happy,0.5"
    assert reason(tmp_path, header, good, "b,  ,train,happy,0") == "it has no text, no sound and no picture"
    assert reason(tmp_path, header, good, "b,ho,tran,happy,0") == "there is no split 'tran'; did you mean 'train'?"
    assert "'hapy' is no label of 'emotion'; did you mean 'happy'" in reason(tmp_path, header, good, "b,ho,,hapy,0")
    assert "'valence' is a number" in reason(tmp_path, header, good, "b,ho,train,happy,much")
    assert "'valence' is a number" in reason(tmp_path, header, good, "b,ho,train,happy,inf")
    assert reason(tmp_path, header, good, "a,ho,train,happy,0") == "the id 'a' has stood before"


def test_leaks_between_splits(tmp_path: Path) -> None:
    first, second = sound(tmp_path / "a.wav"), sound(tmp_path / "copy.wav")
    other = sound(tmp_path / "other.wav", pitch=330.0)
    header = "audio,text,start,end,speaker,split,emotion"
    findings = checked(tmp_path, header, f"{first},Oh!,,,s1,train,sad", f"{second},oh,,,s1,test,sad")
    assert findings.problems == (
        "1 speakers are in more than one split: s1",
        "1 clips are the same in more than one split: a.wav = copy.wav",
    )
    assert findings.warnings[0] == "1 of 1 sentences of the test are in train too: what is learned may be the sentence"
    assert not findings.good
    apart = checked(tmp_path, header, f"{first},a,,,s1,train,sad", f"{other},b,,,s2,test,sad")
    assert apart.good, "the same size is not the same content"
    parts = checked(tmp_path, header, f"{first},a,0,0.5,s1,train,sad", f"{first},b,0.5,1,s2,test,sad")
    assert parts.good
    assert "parts of 1 recordings are in more than one split: a.wav" in parts.warnings


def test_texts_in_a_language_that_the_encoder_does_not_read(tmp_path: Path) -> None:
    first = sound(tmp_path / "a.wav")
    rows = (
        "今天很高兴,,s1,train,happy",
        f"我很难过,{first},s2,dev,sad",
        "so glad,,s3,test,happy",
        "oh no,,s4,train,sad",
    )
    findings = checked(tmp_path, "text,audio,speaker,split,emotion", *rows, tasks=(EMOTION,))
    assert (findings.faulty, findings.reasons) == (1, {"not read": 1})
    assert findings.modalities == {"text": 2, "voice": 1}
    said = "2 texts say nothing to the recipe's encoder 'text_minilm'; is it for their language?"
    assert said in findings.warnings
    assert checked(tmp_path, "text,audio,speaker,split,emotion", *rows).good, "without a recipe nobody is to read it"


def test_what_a_training_refuses_is_told(tmp_path: Path) -> None:
    alone = checked(tmp_path, "text,emotion", *(f"word {i},happy" for i in range(9)))
    assert alone.good, "a bundle can be judged on it"
    assert not alone.trainable
    assert any(w.startswith("it cannot be trained on: ") and "cannot be split" in w for w in alone.warnings)
    assert not any("divides the speakers" in w for w in alone.warnings)
    untested = checked(tmp_path, "text,speaker,split,emotion", "a,s1,test,happy")
    assert [w for w in untested.warnings if "no row whose split is 'train'" in w]
    unlabelled = checked(tmp_path, "text,speaker,split,emotion", "a,s1,train,", "b,s2,valid,sad", "c,s3,test,sad")
    assert "it cannot be trained on: no row of its split 'train' has a label" in unlabelled.warnings
    assert checked(tmp_path, "text,speaker,emotion", *(f"word {i},s{i},happy" for i in range(9))).trainable


def test_many_names_end_in_dots(tmp_path: Path) -> None:
    rows = [f"word {i} {side},s{i},{side},happy" for i in range(4) for side in ("train", "test")]
    console = Console(width=200)
    with console.capture() as caught:
        console.print(render(checked(tmp_path, "text,speaker,split,emotion", *rows)))
    assert "Problem: 4 speakers are in more than one split: s0, s1, s2, ...\n" in caught.get()


def test_columns_that_are_missing(tmp_path: Path) -> None:
    assert "no column of labels (emotion, sentiment, valence, arousal)" in checked(tmp_path, "text", "a").problems[0]
    assert "no column of clips (text, audio, video, image)" in checked(tmp_path, "emotion", "sad").problems[0]
    intent = Task("intent", labels=("ask", "tell"))
    assert "no column 'intent', which the recipe learns" in checked(tmp_path, "text", "a", tasks=(intent,)).problems[0]
    findings = checked(tmp_path, "text,intent", "a,ask", "b,tel", tasks=(intent,))
    assert findings.faults[0].why == "'tel' is no label of 'intent'; did you mean 'tell'?"
    with pytest.raises(RecipeError, match="has no rows"):
        checked(tmp_path, "text,emotion")


def test_advice_names_what_is_scarce(tmp_path: Path) -> None:
    rows = [f"line {i},s{i % 9},train,happy" for i in range(120)]
    rows += [f"said {i},s1,train,sad" for i in range(5)]
    rows += [f"Same!,s{i},train,angry" for i in range(30)]
    advice = checked(tmp_path, "text,speaker,split,emotion", *rows, tasks=(EMOTION,)).advice
    assert advice[0].startswith("any example of emotion neutral, fearful, disgusted, surprised")
    assert advice[1].startswith("more examples of emotion sad (5), angry (30):")
    assert advice[2] == "a better balance of emotion: happy is 24 times as common as sad"
    assert advice[3].startswith("more people who express emotion sad (1):")
    assert advice[4].startswith("other sentences: 19% of the rows")


def test_a_modality_that_one_label_lacks(tmp_path: Path) -> None:
    first = sound(tmp_path / "a.wav")
    rows = [f"{first},t{i},happy" for i in range(9)] + ["   ,t9,sad".replace("   ", "")]
    assert (
        "voice for emotion sad: 0% of it have one, 90% of all" in checked(tmp_path, "audio,text,emotion", *rows).advice
    )


def test_the_verb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "my.csv", tmp_path / "found.json"
    path.write_text("text,speaker,split,emotion\nhi,s1,train,happy\nho,s2,test,hapy\n", encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["mien", "data", "check", str(path), "--json", str(out), "--recipe", "text"])
    with pytest.raises(SystemExit) as done:
        main()
    assert done.value.code == 1
    assert "1 of 2 clips are usable (text 1)" in " ".join(capsys.readouterr().out.split())
    found = json.loads(out.read_text(encoding="utf-8"))
    assert (found["schema"], found["good"], found["faulty"]) == ("mien.data-check/1", False, 1)
    assert found["faults"] == [{"row": 2, "id": "2", "why": "'hapy' is no label of 'emotion'; did you mean 'happy'?"}]


@pytest.mark.slow
def test_many_rows(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("id,text,speaker,split,emotion\n")
        file.writelines(f"{i},line {i % 5000},s{i % 1000},train,happy\n" for i in range(100_000))
    findings = finish(check(path, None))
    assert (findings.rows, findings.faulty) == (100_000, 0)


def test_speakers_and_columns_are_read_as_a_training_reads_them(tmp_path: Path) -> None:
    rows = ("hello,spk1,train,happy", "hi,spk2,valid,sad", "oh,spk1 ,test,angry", "no,SPK1,test,sad")
    found = checked(tmp_path, "text,speaker,split,emotion", *rows)
    assert found.problems == ("1 speakers are in more than one split: spk1",)
    assert any("'SPK1' -> spk1" in warning for warning in found.warnings)
    near = checked(tmp_path, "text,Speaker,spilt,emotion", "hello,a,train,happy")
    assert {
        "the column 'Speaker' is not used; did you mean 'speaker'?",
        "the column 'spilt' is not used; did you mean 'split'?",
    } <= set(near.warnings)


def test_faults_that_say_the_same_are_told_once(tmp_path: Path) -> None:
    rows = [f"a{n}.wav,s{n},happy" for n in range(60)] + ["b.wav,s,joyfull"]
    console = Console(width=400, record=True, file=io.StringIO())
    console.print(render(checked(tmp_path, "audio,speaker,emotion", *rows)))
    text = console.export_text()
    assert "a0.wav' (and 59 rows like it)" in text
    assert "a1.wav" not in text
    assert "'joyfull' is no label" in text
