// What is installed on this host, its health, and its history. The token is kept in this variable alone.
"use strict";

let token = "";
const byId = id => document.getElementById(id);
const view = byId("view"), told = byId("told");

// An element with attributes and children; texts are texts, never markup.
function make(kind, attributes, ...children) {
  const element = document.createElement(kind);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter(child => child != null));
  return element;
}

const time = text => text ? make("time", { datetime: text }, new Date(text).toLocaleString()) : "-";

function table(heads, rows, none) {
  if (!rows.length) return make("p", { class: "faint" }, none);
  const head = heads.map(text => make("th", { scope: "col" }, text));
  const body = rows.map(cells => make("tr", null, cells.map(cell => make("td", null, cell ?? "-"))));
  return make("div", { class: "scroll" }, make("table", null, make("thead", null, make("tr", null, head)), make("tbody", null, body)));
}

class Refused extends Error {
  constructor(status, body) {
    super(body?.error ?? `the server answered ${status}`);
    this.status = status;
    this.hint = body?.details?.hint;
  }
}

async function call(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
    body: body && JSON.stringify(body),
    cache: "no-store",
    credentials: "omit",
  });
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Refused(response.status, answer);
  return answer;
}

// Every item of a list, page by page.
async function all(path) {
  const items = [];
  for (let page = 1; ; page++) {
    const answer = await call("GET", `${path}${path.includes("?") ? "&" : "?"}page=${page}&page_size=100`);
    items.push(...answer.items);
    if (!answer.pagination.has_next) return items;
  }
}

async function sure(question, word) {
  const dialog = byId("ask");
  dialog.querySelector("p").textContent = question;
  dialog.querySelector("[value=yes]").textContent = word;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise(resolve => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

// Does `work` with `button` off, and tells how it ended.
async function change(button, doing, work) {
  button.disabled = true;
  told.textContent = `${doing} …`;
  try {
    const answer = await work();
    await show();
    told.textContent = answer.message ?? "done";
  } catch (error) {
    told.textContent = [error.message, error.hint].filter(Boolean).join(" – ");
    button.disabled = false;
  }
}

const packs = async () => {
  const list = await all("api/v1/packs");
  const rows = list.map(pack => [
    make("a", { href: `#/packs/${pack.ref}` }, pack.ref), pack.version, pack.description ?? pack.label, time(pack.updated),
  ]);
  return [make("h2", null, `${list.length} ${list.length === 1 ? "pack" : "packs"}`),
    table(["Pack", "Version", "Description", "Registered"], rows, "No pack is installed.")];
};

// Parameters in the flat form, and in that of JSON Schema.
function parameters(schema) {
  const fields = schema?.properties && schema.type === "object" ? schema.properties : schema ?? {};
  const required = Array.isArray(schema?.required) ? schema.required : [];
  const rows = Object.entries(fields).filter(([, field]) => field && typeof field === "object").map(([name, field]) => [
    make("code", null, name), field.type, field.required === true || required.includes(name) ? "yes" : "no",
    field.default === undefined ? "-" : make("code", null, field.secret ? "secret" : JSON.stringify(field.default)), field.description,
  ]);
  return table(["Parameter", "Type", "Required", "Default", "Description"], rows, "It takes no parameters.");
}

const KINDS = ["actions", "workflows", "sensors", "triggers", "rules", "queues", "runtimes", "policies", "permission-sets"];

async function pack(name) {
  const base = `api/v1/packs/${encodeURIComponent(name)}`;
  const [shown, runs, ...lists] = await Promise.all([
    call("GET", base), all(`${base}/tests`), ...KINDS.map(kind => all(`${base}/${kind}`)),
  ]);
  const { data } = shown;
  const parts = [make("h2", null, `${data.label} `, make("span", { class: "faint" }, `${data.ref} ${data.version}`))];
  if (data.description) parts.push(make("p", null, data.description));
  parts.push(make("p", null, "Needs: ", data.dependencies.join(", ") || "no other pack"));
  KINDS.forEach((kind, index) => {
    if (!lists[index].length) return;
    parts.push(make("h3", null, kind.replace("-", " ").replace(/^./, first => first.toUpperCase())));
    for (const component of lists[index]) {
      const summary = make("summary", null, make("code", null, component.ref), " ", make("span", { class: "faint" }, component.description ?? component.label ?? ""));
      const inside = [parameters(component.param_schema)];
      if (kind === "rules") inside.splice(0, 1, make("p", null, `${component.trigger_ref} → ${component.action_ref}`));
      const details = make("details", null, summary, inside);
      if (kind === "workflows") {
        details.addEventListener("toggle", async () => {
          const room = make("div", { class: "scroll" });
          summary.after(room);
          try {
            room.append(await workflowDrawing(data.ref, component.ref));
          } catch (error) {
            room.append(make("p", { class: "bad" }, error.message));
          }
        }, { once: true });
      }
      parts.push(details);
    }
  });
  parts.push(make("h3", null, "Tests"), table(["When", "Why", "Passed", "Failed", "Skipped"], runs.slice(0, 10).map(run => [
    time(run.executionTime), run.triggerReason, String(run.passed),
    make("span", { class: run.failed ? "bad" : "" }, String(run.failed)), String(run.skipped),
  ]), "Its tests never ran."));
  const test = make("button", { type: "button", onclick: () => change(test, `Testing ${name}`, () => call("POST", `${base}/test`)) }, "Run the tests");
  const remove = make("button", {
    type: "button",
    onclick: async () => {
      if (!await sure(`Remove the pack ${name} from this host?`, "Remove")) return;
      await change(remove, `Removing ${name}`, async () => {
        const answer = await call("DELETE", base);
        location.hash = "#/packs";
        return answer;
      });
    },
  }, "Remove");
  parts.push(make("p", null, test, " ", remove));
  return parts;
}

async function past() {
  const [operations, host] = await Promise.all([all("api/v1/host/history"), call("GET", "api/v1/host")]);
  const seen = new Set([host.data.generation]);
  const rows = operations.map(operation => {
    const changes = operation.packs.map(pack => `${pack.ref} ${[pack.from, pack.to].filter(Boolean).join(" → ")}${pack.change === "removed" ? " removed" : ""}`);
    const { generation } = operation;
    let way = generation === host.data.generation ? "active" : "-";
    if (operation.kept && !seen.has(generation)) {
      way = make("button", {
        type: "button",
        onclick: async () => {
          if (!await sure(`Go back to the packs of generation ${generation}?`, "Go back")) return;
          await change(way, `Going back to generation ${generation}`, () => call("POST", "api/v1/host/rollback", { generation }));
        },
      }, "Go back", make("span", { class: "faint" }, ` to ${generation}`));
    }
    seen.add(generation);
    return [String(generation), time(operation.startedAt), operation.kind ?? "unknown", operation.user,
      changes.join(", ") || "-", operation.forced.join(" ") || "-", way];
  });
  return [make("h2", null, "History"), table(["Generation", "When", "Operation", "By", "Packs", "Forced", ""], rows, "Nothing was done yet.")];
}

async function health() {
  const { data } = await call("GET", "api/v1/host");
  const parts = [make("h2", null, "Health"), make("p", { class: data.ok ? "good" : "bad" }, data.ok ? "Nothing needs attention." : "Something needs attention.")];
  parts.push(table(["", ""], [
    ["Packs", String(data.packs)], ["Generation", String(data.generation ?? "-")], ["Differences from what was installed", String(data.differences)],
    ["Change under way", data.change ?? "none"],
    ["Last operation", data.lastOperation ? make("span", null, `${data.lastOperation.kind ?? "unknown"}, `, time(data.lastOperation.startedAt), data.lastOperation.succeeded ? "" : `: ${data.lastOperation.error}`) : "-"],
  ], ""));
  parts.push(make("h3", null, "Concerns"), table(["Kind", "Fact"], data.concerns.map(concern => [concern.kind, concern.message]), "There are none."));
  parts.push(make("h3", null, "Trust"), table(["Registry", "Expires", "Role"], data.trust.map(trust => [
    trust.registry, make("span", { class: trust.expired ? "bad" : "" }, time(trust.expiresAt)), trust.role,
  ]), "The host trusts no registry yet."));
  return parts;
}

let turn = 0;
async function show() {
  const own = ++turn;
  if (!token) return;
  const [, part = "packs", name] = location.hash.split("/");
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#/${part}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const parts = { packs: name ? () => pack(decodeURIComponent(name)) : packs, history: past, health };
  try {
    const content = await (parts[part] ?? packs)();
    if (own === turn) view.replaceChildren(...content);
  } catch (error) {
    if (own !== turn) return;
    if (error.status === 401) leave(error.message);
    else view.replaceChildren(make("p", { class: "bad", role: "alert" }, error.message));
  }
}

function leave(message) {
  token = "";
  view.replaceChildren();
  document.querySelector("nav").hidden = true;
  byId("enter").hidden = false;
  byId("token").focus();
  told.textContent = message ?? "";
}

byId("enter").addEventListener("submit", async event => {
  event.preventDefault();
  token = byId("token").value.trim();
  byId("token").value = "";
  try {
    await call("GET", "api/v1/packs?page_size=1");
  } catch (error) {
    return leave(error.message);
  }
  told.textContent = "";
  byId("enter").hidden = true;
  document.querySelector("nav").hidden = false;
  await show();
  byId("main").focus();
});
byId("leave").addEventListener("click", () => leave());
addEventListener("hashchange", async () => {
  told.textContent = "";
  await show();
  byId("main").focus();
});
