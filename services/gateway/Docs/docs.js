"use strict";

const shownHeaders = ["x-trace-id", "etag", "location", "retry-after", "idempotency-replayed", "allow"];
const state = { token: null };

const byId = id => document.getElementById(id);

byId("sign-in").addEventListener("submit", async event => {
  event.preventDefault();
  const form = new FormData(event.target);
  const who = byId("who");
  try {
    const answer = await fetch("/api/v1/tokens", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ userName: form.get("userName"), password: form.get("password") }),
    });
    const body = await answer.json();
    state.token = answer.ok ? body.accessToken : null;
    who.textContent = answer.ok
      ? `Signed in as ${form.get("userName")} for ${Math.round(body.expiresIn / 60)} minutes.`
      : `${body.title}: ${body.detail}`;
  } catch (fault) {
    who.textContent = `The gateway does not answer: ${fault.message}`;
  }
});

async function show() {
  const about = byId("about");
  try {
    const openApi = await (await fetch("/openapi/v1.json")).json();
    about.textContent = openApi.info.description;
    const groups = new Map();
    for (const [path, operations] of Object.entries(openApi.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const tag = operation.tags?.[0] ?? "other";
        groups.set(tag, [...(groups.get(tag) ?? []), render(path, method.toUpperCase(), operation)]);
      }
    }
    for (const [tag, elements] of groups) {
      const heading = document.createElement("h2");
      heading.textContent = tag;
      byId("operations").append(heading, ...elements);
    }
  } catch (fault) {
    about.textContent = `The document could not be loaded: ${fault.message}`;
  }
}

function render(path, method, operation) {
  const element = byId("operation").content.cloneNode(true).firstElementChild;
  const part = name => element.querySelector(`.${name}`);
  part("method").textContent = method;
  part("path").textContent = path;
  part("text").textContent = operation.summary ?? "";
  part("description").textContent = operation.description ?? "";
  part("lock").hidden = !operation.security;
  part("lock").title = "Needs a token";

  const inputs = (operation.parameters ?? []).map(parameter => {
    const label = document.createElement("label");
    const input = document.createElement("input");
    label.append(`${parameter.name}${parameter.required ? " *" : ""}`, input);
    if (parameter.description) {
      const hint = document.createElement("small");
      hint.textContent = parameter.description;
      label.append(hint);
    }
    input.required = parameter.required ?? false;
    input.value = parameter.example ?? (parameter.name === "Idempotency-Key" ? newKey() : "");
    part("parameters").append(label);
    return { parameter, input };
  });

  const example = operation.requestBody?.content?.["application/json"];
  const body = part("body").querySelector("textarea");
  if (example) {
    part("body").hidden = false;
    body.value = example.example ? JSON.stringify(example.example, null, 2) : "{}";
  }

  element.querySelector("form").addEventListener("submit", event => {
    event.preventDefault();
    send(part, request(path, method, operation, inputs, example ? body.value : null));
  });
  return element;
}

// randomUUID exists on https and localhost only; a key needs to be unlikely, not secret.
function newKey() {
  return crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map(b => b.toString(16).padStart(2, "0")).join("");
}

function request(path, method, operation, inputs, body) {
  const headers = {};
  const query = new URLSearchParams();
  for (const { parameter, input } of inputs) {
    if (input.value === "") continue;
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    if (parameter.in === "query") query.set(parameter.name, input.value);
    if (parameter.in === "header") headers[parameter.name] = input.value;
  }
  if (body !== null) headers["Content-Type"] = "application/json";
  if (operation.security && state.token) headers.Authorization = `Bearer ${state.token}`;
  const url = query.size ? `${path}?${query}` : path;
  return { url, options: { method, headers, body: body ?? undefined } };
}

async function send(part, { url, options }) {
  const stop = part("stop");
  const abort = new AbortController();
  stop.hidden = false;
  stop.onclick = () => abort.abort();
  part("answer").hidden = false;
  part("status").className = "status";
  part("status").textContent = "…";
  part("headers").textContent = "";
  part("content").textContent = "";
  part("curl").textContent = curl(url, options);
  try {
    const started = performance.now();
    const answer = await fetch(url, { ...options, signal: abort.signal });
    part("status").classList.add(answer.ok || answer.status === 304 ? "good" : "bad");
    part("status").textContent = `${answer.status} ${answer.statusText} in ${Math.round(performance.now() - started)} ms`;
    part("headers").textContent = shownHeaders
      .filter(name => answer.headers.has(name))
      .map(name => `${name}: ${answer.headers.get(name)}`)
      .join("\n");
    await read(answer, part("content"));
  } catch (fault) {
    if (fault.name !== "AbortError") part("content").textContent = `No answer: ${fault.message}`;
  } finally {
    stop.hidden = true;
  }
}

async function read(answer, into) {
  const type = answer.headers.get("content-type") ?? "";
  if (!type.startsWith("text/event-stream")) {
    const text = await answer.text();
    into.textContent = type.includes("json") && text ? JSON.stringify(JSON.parse(text), null, 2) : text;
    return;
  }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) into.textContent += chunk.value;
}

function curl(url, { method, headers, body }) {
  const quote = text => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = [`curl -i -X ${method} ${quote(location.origin + url)}`];
  for (const [name, value] of Object.entries(headers)) {
    parts.push(`-H ${quote(`${name}: ${name === "Authorization" ? "Bearer $TOKEN" : value}`)}`.replace("'Authorization: Bearer $TOKEN'", "\"Authorization: Bearer $TOKEN\""));
  }
  if (body) parts.push(`-d ${quote(body)}`);
  return parts.join(" \\\n  ");
}

show();
