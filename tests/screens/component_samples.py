"""How each component is written with every argument it documents. A component without a sample fails the tests."""

from __future__ import annotations

SAMPLES: dict[str, str] = {
    "avatar": '<c-avatar :name="text" key="7" image="/face.png" size="lg" state="busy" state_label="Busy" square icon="bot" tip />',
    "badge": '<c-badge :count="128" tone="late" label="128 late" dot />',
    "banner": '<c-banner tone="warning" icon="pause" wide>{{ text }}<c-slot name="actions">do</c-slot></c-banner>',
    "button": (
        '<c-button variant="primary" size="sm" icon="send" icon_end="chevron-down" label="Send" key="mod+enter" '
        'key_label="Send it" show_key href="/x" type="submit" disabled busy pressed="true" wide>{{ text }}</c-button>'
    ),
    "card": (
        '<c-card :title="text" icon="user" folds open extra="2" flush>body<c-slot name="actions">a</c-slot>'
        '<c-slot name="foot">f</c-slot></c-card>'
    ),
    "chart": '<c-chart :chart="chart" id="volume" :title="text" size="sm" />',
    "checkbox": '<c-checkbox name="a" id="a" value="1" :label="text" hint="h" checked disabled required bare />',
    "code": '<c-code id="payload" :text="text" title="POST" />',
    "combobox": (
        '<c-combobox name="queue" id="queue" :options="options" :value="chosen" multiple url="/find/" '
        'placeholder="Any" empty="None" :label="text" hint="h" error="e" optional inline hide_label required disabled />'
    ),
    "confirm": '<c-confirm action="/x/" :question="text" confirm="Merge" icon="merge" variant="danger" size="sm">Merge</c-confirm>',
    "copy": '<c-copy :text="text" label="Copy it" variant="secondary" size="lg" />',
    "countdown": '<c-countdown :due="moment" seconds="95" total="120" state="running" warn="30" size="lg" :label="text" />',
    "dialog": (
        '<c-dialog id="ask" :title="text" hint="h" size="lg" drawer open sticky>body'
        '<c-slot name="foot">foot</c-slot></c-dialog>'
    ),
    "diff": '<c-diff :changes="changes" />',
    "drawer": '<c-drawer id="side" :title="text" hint="h" size="sm" open sticky>body<c-slot name="foot">foot</c-slot></c-drawer>',
    "empty": '<c-empty :title="text" icon="inbox" size="sm" heading>do this<c-slot name="actions">a</c-slot></c-empty>',
    "field": '<c-field id="a" :label="text" hint="h" error="e" optional inline hide_label><input id="a"></c-field>',
    "icon": '<c-icon name="star" size="lg" :label="text" spin />',
    "input": (
        '<c-input name="mail" id="mail" type="email" :value="text" icon="mail" suffix="min" :label="text" hint="h" '
        'error="e" optional inline hide_label required disabled readonly size="sm" autocomplete="email" />'
    ),
    "kbd": '<c-kbd keys="mod+k" />',
    "load_more": '<c-load_more url="/next/" manual />',
    "menu": '<c-menu id="m" :label="text" icon="tag" variant="quiet" size="sm" key="s" align="end" icon_only caret>items</c-menu>',
    "menu.heading": "<c-menu.heading>{{ text }}</c-menu.heading>",
    "menu.item": (
        '<c-menu.item icon="tag" hint="h" key="e" href="/x" type="submit" checked="true" tone="danger" disabled>{{ text }}</c-menu.item>'
    ),
    "menu.separator": "<c-menu.separator />",
    "meter": '<c-meter value="3" of="5" :label="text" text="three" tone="late" wide />',
    "pagination": '<c-pagination previous="?before=1" next="?after=2" :text="text" />',
    "palette.group": "<c-palette.group>{{ text }}</c-palette.group>",
    "palette.item": '<c-palette.item icon="tag" :hint="text" key="t" href="/x" words="label">Tag</c-palette.item>',
    "pill": '<c-pill tone="waiting" icon="clock" dot href="/x">{{ text }}</c-pill>',
    "places": '<c-places :held="2" :of="3" :label="text" />',
    "progress": '<c-progress :label="text" value="3" max="9" text="3 of 9" tone="live">cancel</c-progress>',
    "radio": '<c-radio name="a" id="a" value="1" :label="text" hint="h" checked disabled required bare />',
    "range": '<c-range name="period" start="2026-11-01" end="2026-11-22" kind="date" :legend="text" presets="1" />',
    "region": '<c-region name="inbox.7" url="/list/" id="inbox" version="3" lazy eager tag="section">{{ text }}</c-region>',
    "segmented": '<c-segmented name="view" :legend="text" :options="options" value="a" />',
    "select": (
        '<c-select name="queue" id="queue" :options="options" value="a" empty="Any" :label="text" hint="h" error="e" '
        'optional inline hide_label required disabled size="sm" />'
    ),
    "skeleton": '<c-skeleton rows="2" shape="" />',
    "sparkline": '<c-sparkline :values="values" :label="text" tone="live" size="wide" />',
    "stat": '<c-stat :label="text" value="0:42" tone="late" href="/rows/" tip="how">target</c-stat>',
    "switch": '<c-switch name="a" id="a" value="1" :label="text" hint="h" checked disabled required bare />',
    "table": '<c-table :label="text"><tbody><tr><td>1</td></tr></tbody></c-table>',
    "table.sort": '<c-table.sort href="?sort=age" direction="ascending" number>{{ text }}</c-table.sort>',
    "tabs": '<c-tabs :label="text" local>tabs</c-tabs>',
    "tabs.link": '<c-tabs.link href="/x" current count="3" icon="tag" key="1">{{ text }}</c-tabs.link>',
    "tabs.tab": '<c-tabs.tab panel="p" current count="3" icon="tag" key="1">{{ text }}</c-tabs.tab>',
    "tag": '<c-tag :label="text" remove="/tags/4/" />',
    "textarea": (
        '<c-textarea name="note" id="note" :value="text" rows="5" :label="text" hint="h" error="e" optional inline '
        "hide_label required disabled readonly />"
    ),
    "time": '<c-time :at="moment" exact />',
    "toast": '<c-toast tone="success" undo="/undo/">{{ text }}</c-toast>',
}
