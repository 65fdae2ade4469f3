"""Copies the documents to where mkdocs takes them from: stage.py ROOT. What it makes is in target/.

The layout is the repository's, so that links stay as they are. A link to a file that is no
document leads to a page that shows it. Python-Markdown, unlike GitHub, wants a blank line before
a list or a table. No packages but Python's own.
"""

import pathlib
import re
import shutil
import sys

LINK = re.compile(r"(\[[^\[\]]*\])\(([^()\s#]+)(#[^()\s]*)?\)")
ITEM = re.compile(r"^\s*(?:[-*]|\d+\.) ")
LANGUAGES = {".java": "java", ".conf": "", ".c": "c", ".py": "python"}


def main(root: pathlib.Path) -> None:
    target = root / "target" / "site-source"
    shutil.rmtree(target, ignore_errors=True)
    documents = [*root.glob("*.md"), *root.glob("docs/*.md")]
    shown: set[pathlib.Path] = set()
    for document in documents:
        copy = target / document.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(spaced(linked(document, root, shown)), encoding="utf-8")
    for path in shown:
        show(path, root, target)
    for picture in root.glob("docs/**/*"):
        if picture.suffix in {".svg", ".png"}:
            copy = target / picture.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(picture, copy)
    scripts = target / "javascripts"
    scripts.mkdir()
    shutil.copy(root / "target" / "site-tools" / "mermaid.min.js", scripts)
    plan = (root / "scripts" / "site" / "mkdocs.yml").read_text(encoding="utf-8")
    (root / "target" / "mkdocs.yml").write_text(known(plan, root), encoding="utf-8")


def known(plan: str, root: pathlib.Path) -> str:
    """The plan without the pages that are not there."""
    lines = plan.split("\n")
    named = [re.search(r": (\S+\.md)$", line) for line in lines]
    return "\n".join(
        line for line, name in zip(lines, named) if not name or (root / name.group(1)).exists()
    )


def linked(document: pathlib.Path, root: pathlib.Path, shown: set[pathlib.Path]) -> str:
    """The text, with links to what is no document led to the pages that show it."""

    def lead(match: re.Match[str]) -> str:
        text, link, place = match.group(1), match.group(2), match.group(3) or ""
        path = (document.parent / link).resolve()
        if ":" in link or path.suffix in {".md", ".svg", ".png"} or not path.is_relative_to(root):
            return match.group(0)
        shown.add(path)
        return f"{text}({link.rstrip('/')}.md{place})"

    return LINK.sub(lead, document.read_text(encoding="utf-8"))


def show(path: pathlib.Path, root: pathlib.Path, target: pathlib.Path) -> None:
    """A page with a file's text, or with those of a folder's files."""
    name = path.relative_to(root)
    page = target / f"{name}.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
    text = [f"# {name}\n"]
    for file in files:
        if path.is_dir():
            text.append(f"## {file.name}\n")
        text.append(f"````{LANGUAGES.get(file.suffix, '')}\n{file.read_text(encoding='utf-8')}````\n")
    page.write_text("\n".join(text), encoding="utf-8")


def spaced(text: str) -> str:
    lines: list[str] = []
    fenced = False
    for line in text.split("\n"):
        before = lines[-1] if lines else ""
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced and before.strip() and not before.startswith(("#", "    ")):
            starts_list = ITEM.match(line) and not (ITEM.match(before) or before.startswith("  "))
            starts_table = line.startswith("|") and not before.startswith("|")
            if starts_list or starts_table:
                lines.append("")
        lines.append(line)
    return "\n".join(lines)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve())
