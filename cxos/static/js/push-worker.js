// The service worker: shows what was pushed while no page is open, and leads to it. It caches nothing.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let told = {};
  try { told = event.data?.json() ?? {}; } catch { /* shown without words rather than not at all */ }
  const options = { body: told.body ?? "", tag: told.tag ?? "", renotify: Boolean(told.tag), lang: told.lang ?? "", data: { url: told.url ?? "/" }, icon: "/static/favicon.svg" };
  event.waitUntil(self.registration.showNotification(told.title || "CXOS", options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const target = new URL(event.notification.data?.url ?? "/", self.location.origin);
  if (target.origin !== self.location.origin) return;
  event.waitUntil((async () => {
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const page = pages.find((one) => one.focused) ?? pages[0];
    if (!page) return self.clients.openWindow(target.href);
    await page.focus();
    // Only pages of its own scope may be led elsewhere by a worker; any other is opened beside.
    return page.navigate(target.href).catch(() => self.clients.openWindow(target.href));
  })());
});
