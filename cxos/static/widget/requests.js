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

// One file. `stop` gives it up; `onProgress` hears the share that is there, 0–1.
export function upload(path, file, onProgress) {
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("file", file);
  request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
  const done = new Promise((resolve, reject) => {
    request.onloadend = () => {
      let answer = null;
      try { answer = JSON.parse(request.responseText); } catch { /* not one of ours */ }
      if (request.status === 200 && answer) resolve(answer); else reject(answer);
    };
  });
  request.open("POST", config.api + path);
  request.setRequestHeader("Authorization", `Bearer ${remembered().token}`);
  request.send(body);
  return { done, stop: () => request.abort() };
}

export const get = (path) => ask(path, {});
export const post = (path, body) => ask(path, { method: "POST", body: JSON.stringify(body) });
