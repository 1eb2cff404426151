"""The design system: icons, the style sheet and script served as one file, and the living catalogue at /ui/.

Nouns: component (a template in templates/cotton/: values in, markup out), icon, bundle, specimen (one shown state of one
component). Invariants: no component runs a query; no template carries an inline style or script; a value that changes
how something looks travels as a `data-` attribute or as an SVG attribute. How to build a screen from it stands in
docs/reference/components.md.
"""
