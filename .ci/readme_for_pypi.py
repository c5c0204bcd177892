"""Make the links of README.md absolute, as PyPI needs them: to the tag that is released, on GitHub."""

import os
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
REPOSITORY, TAG = os.environ["GITHUB_REPOSITORY"], os.environ["GITHUB_REF_NAME"]


def absolute(link: re.Match[str]) -> str:
    mark, text, target = link.groups()
    if not (ROOT / target.partition("#")[0]).exists():
        raise SystemExit(f"README.md: {target} is not there")
    site = "https://raw.githubusercontent.com/{}/{}" if mark else "https://github.com/{}/blob/{}"
    return f"{mark}[{text}]({site.format(REPOSITORY, TAG)}/{target})"


text = README.read_text(encoding="utf-8")
text = re.sub(r"(!?)\[([^]]+)\]\((?!https?:|#)([^)]+)\)", absolute, text)
README.write_text(text, encoding="utf-8", newline="\n")
