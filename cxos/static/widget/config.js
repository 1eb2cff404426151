// What the server said this widget is: see channels_app/webchat/appearance.py.
export const config = JSON.parse(document.getElementById("appearance").textContent);
