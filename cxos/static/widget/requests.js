// The same things by request, for where no socket comes about.
import { config } from "./config.js";
import { remembered } from "./memory.js";

async function ask(path, options) {
  const token = remembered().token;
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const response = await fetch(config.api + path, { ...options, headers, credentials: "omit" });
  const body = await response.json();
  if (response.ok) return body;
  throw response.status < 500 ? body : new Error(response.status);
}

export const get = (path) => ask(path, {});
export const post = (path, body) => ask(path, { method: "POST", body: JSON.stringify(body) });
