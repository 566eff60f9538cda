"""Tiny data sets in the layouts in which their authors distribute the real ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def touch(folder: Path, *names: str) -> None:
    for name in names:
        write(folder / name, "")


def meld(folder: Path) -> None:
    header = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime"
    tail = '8,21,"00:16:16,059","00:16:21,731"'
    train = f'1,"Oh, really?",Chandler,surprise,positive,0,0,{tail}', f"2,No.,Joey,anger,negative,0,1,{tail}"
    write(folder / "train" / "train_sent_emo.csv", header, *train)
    write(folder / "dev_sent_emo.csv", header, f"1,Fine,Ross,joy,positive,0,0,{tail}")
    write(folder / "test_sent_emo.csv", header, f"1,Hm,Joey,disgust,negative,0,0,{tail}")
    touch(folder, "train/train_splits/dia0_utt0.mp4", "dev/dev_splits_complete/dia0_utt0.mp4")


def iemocap(folder: Path) -> None:
    for session in range(1, 6):
        name = f"Ses0{session}F_impro01"
        place = folder / f"Session{session}"
        write(
            place / "dialog" / "EmoEvaluation" / f"{name}.txt",
            "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n",
            f"[8.0000 - 9.5000]\t{name}_M000\tfru\t[2.5000, 3.5000, 3.0000]",
            "C-E2:\tFrustration;\t()",
            f"[6.2901 - 8.2357]\t{name}_F000\texc\t[4.5000, 4.0000, 2.5000]",
        )
        write(place / "dialog" / "transcriptions" / f"{name}.txt", f"{name}_F000 [006.2901-008.2357]: Excuse me.")


def mmsa(folder: Path, clip: str, scores: str = "", values: str = "") -> None:
    write(
        folder / "label.csv",
        f"video_id,clip_id,text,label{scores},annotation,mode",
        f'a,{clip},"so, good",2.4{values},Positive,train',
        f"b,{clip},meh,0.0{values},Neutral,valid",
        f"c,{clip},awful,-1.8{values},Negative,test",
    )
    (folder / "Raw").mkdir()


def mosi(folder: Path) -> None:
    mmsa(folder, "1")


def chsims(folder: Path) -> None:
    mmsa(folder, "7", ",label_T,label_A,label_V", ",0.2,0.4,-0.6")


def ravdess(folder: Path) -> None:
    for actor in (1, 19, 24):
        sound = f"Audio_Speech_Actors_01-24/Actor_{actor:02d}/03-01-05-02-01-01-{actor:02d}.wav"
        video = f"Video_Speech_Actor_{actor:02d}/Actor_{actor:02d}/0{{}}-01-05-02-01-01-{actor:02d}.mp4"
        touch(folder, sound, video.format(1), video.format(2))
    touch(folder, "Audio_Song_Actors_01-24/Actor_01/03-02-02-01-02-01-01.wav", "Actor_01/notes.txt")


def cremad(folder: Path) -> None:
    touch(folder, "AudioWAV/1001_DFA_ANG_XX.wav", "AudioWAV/1009_IEO_HAP_LO.wav", "AudioWAV/1010_TSI_NEU_X.wav")
    touch(folder, "VideoFlash/1001_DFA_ANG_XX.flv", "AudioWAV/copy.wav")


def emodb(folder: Path) -> None:
    touch(folder, "wav/03a01Fa.wav", "wav/13b09Lb.wav", "wav/16a07Wc.wav", "wav/take2.wav")


def goemotions(folder: Path) -> None:
    write(folder / "data" / "emotions.txt", "admiration", "anger", "annoyance", "neutral")
    write(folder / "data" / "ekman_mapping.json", '{"anger": ["anger", "annoyance"], "joy": ["admiration"]}')
    write(folder / "data" / "train.tsv", 'He said "well\t0,2\teew1', "Hm\t3\teew2")
    write(folder / "data" / "dev.tsv", "Grr\t1,2\teew3")
    write(folder / "data" / "test.tsv", "Nice\t0\teew4")


def ferplus(folder: Path) -> None:
    dark, light = " ".join(["0"] * 2304), " ".join(["255"] * 2304)
    write(folder / "fer2013.csv", "emotion,pixels,Usage", *[f"0,{p},x" for p in (dark, light, dark, light)])
    write(
        folder / "fer2013new.csv",
        "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF",
        "Training,fer0.png,1,8,1,0,0,0,0,0,0,0",
        "PublicTest,,0,0,0,0,0,0,0,0,0,10",
        "PublicTest,fer2.png,4,0,0,4,0,0,0,0,2,0",
        "PrivateTest,fer3.png,0,0,0,0,0,0,0,9,1,0",
    )


def mintrec(folder: Path) -> None:
    header = "season\tepisode\tclip\ttext\tlabel"
    write(folder / "train.tsv", header, 'S04\tE01\t12\tcan you "help me?\tAsk for help')
    write(folder / "dev.tsv", header, "S05\tE02\t3\tthanks.\tThank")
    write(folder / "test.tsv", header, "S06\tE03\t4\tgo away.\tPrevent")
    (folder / "raw_data").mkdir()


SETS: dict[str, Callable[[Path], None]] = {
    "chsims": chsims,
    "cremad": cremad,
    "emodb": emodb,
    "ferplus": ferplus,
    "goemotions": goemotions,
    "iemocap": iemocap,
    "meld": meld,
    "mintrec": mintrec,
    "mosei": mosi,
    "mosi": mosi,
    "ravdess": ravdess,
}
