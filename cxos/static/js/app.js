// The one list of the frame's modules. A browser follows it in development; elsewhere they are served as one file
// (cxos/screens/ui/bundle.py), each in a block of its own. So they import and export nothing: they meet in the DOM,
// through custom elements, data- attributes and events.
import "./requests.js";
import "./live-regions.js";
import "./connection.js";
import "./display.js";
import "./time.js";
import "./countdown.js";
import "./popover.js";
import "./menu.js";
import "./tooltip.js";
import "./dialog.js";
import "./confirm.js";
import "./toast.js";
import "./tabs.js";
import "./listbox.js";
import "./combobox.js";
import "./palette.js";
import "./palette-filter.js";
import "./notices.js";
import "./offers.js";
import "./away.js";
import "./shortcuts.js";
import "./copy.js";
import "./range.js";
import "./chart.js";
