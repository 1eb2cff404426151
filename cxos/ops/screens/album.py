"""One page with all the pictures, for leafing through."""

from html import escape
from pathlib import Path

from cxos.ops.screens.camera import Camera

PAGE = """<!doctype html><meta charset="utf-8"><title>Screens of CXOS</title>
<style>body {{ font: 14px system-ui; margin: 24px; background: #f4f4f5 }} main {{ display: flex; flex-wrap: wrap; gap: 24px }}
figure {{ margin: 0; width: 360px }} img {{ width: 100%; border: 1px solid #ccc; border-radius: 6px }}
.phone {{ width: 180px }} figcaption {{ padding: 6px 0 }}</style>
<h1>Screens of CXOS</h1><ul>{findings}</ul><main>{figures}</main>
"""


def write_album(folder: Path, camera: Camera) -> None:
    findings = [*camera.axe_findings, *camera.console_errors, *camera.overflows]
    figures = "".join(
        f'<figure class="{name.rsplit("-", 1)[1]}"><a href="{name}.png"><img src="{name}.png" loading="lazy" alt=""></a>'
        f"<figcaption>{escape(name)}</figcaption></figure>\n"
        for name in camera.pictures
    )
    listed = "".join(f"<li>{escape(finding)}</li>" for finding in findings)
    (folder / "index.html").write_text(PAGE.format(findings=listed, figures=figures))
