#!/usr/bin/env python3
"""Makes the embedded emoji set from two npm packages, unpacked (npm pack NAME@VERSION; tar xzf):

    emoji-datasource-google 16.0.0   pictures (one sprite sheet), coordinates, categories, short names
    emojibase-data 17.0.0            English CLDR labels and keywords, joined by code points

    trim_emoji.py GOOGLE_PACKAGE EMOJIBASE_PACKAGE OUT

writes OUT/emoji.json (one line an emoji: only the fields that are read) and OUT/sheet-64.png (the
256-colour sheet as published: on average 2.7 dB nearer to the 24-bit one at 32 x 32 than the
128-colour sheet, for half a megabyte more). Skin-tone variants are left out.
"""

import json
import pathlib
import shutil
import sys


def plain(text):
    """Lower case, straight quotes, hyphens for the dashes, no other change."""
    for fancy, ascii in (("\u2019", "'"), ("\u2018", "'"), ("\u201c", '"'), ("\u201d", '"'),
                         ("\u2013", "-"), ("\u00a0", " ")):
        text = text.replace(fancy, ascii)
    return " ".join(text.lower().split())


def key(code):
    """Code points without the variation selector, which the two packages set differently."""
    return "-".join(part for part in code.upper().split("-") if part != "FE0F")


def adds(keyword, name):
    """Whether a keyword says more than the name: flags' keywords are only country codes."""
    words = keyword.split()
    known = name.replace(":", " ").replace(",", " ").split()
    return (not name.startswith("flag: ") and keyword.replace(" ", "").replace("'", "").isalpha()
            and any(word not in known for word in words))


def main(google, emojibase, out):
    entries = json.loads((google / "emoji.json").read_text(encoding="utf-8"))
    labels = {key(e["hexcode"]): e
              for e in json.loads((emojibase / "en/data.json").read_text(encoding="utf-8"))}
    rows, missing = [], []
    for entry in entries:
        label = labels.get(key(entry["unified"]))
        if label is None:
            missing.append(entry["unified"])
        name = plain(label["label"] if label else entry["name"])
        short = [s.replace("_", " ").replace("-", " ") for s in entry["short_names"]]
        words = [plain(w) for w in (label or {}).get("tags", []) + short]
        keywords = [w for i, w in enumerate(words) if w not in words[:i] and adds(w, name)]
        rows.append({
            "code": entry["unified"], "x": entry["sheet_x"], "y": entry["sheet_y"], "name": name,
            "keywords": keywords, "group": plain(entry["category"]),
            "subgroup": plain(entry["subcategory"].replace("-", " "))})
    rows.sort(key=lambda row: row["code"])
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    out.mkdir(parents=True, exist_ok=True)
    (out / "emoji.json").write_text("[\n" + lines + "\n]\n", encoding="utf-8")
    shutil.copyfile(google / "img/google/sheets-256/64.png", out / "sheet-64.png")
    print(len(rows), "emoji,", len(missing), "without a label", *missing)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*map(pathlib.Path, sys.argv[1:]))
