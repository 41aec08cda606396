// Draws the tasks of a workflow and the ways between them, the first tasks at the top.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 190, HEIGHT = 46, APART = 26, BELOW = 52;
// Room for the words of the last column.
const ASIDE = 110;

// The ways out of a task, each with its condition.
function waysOut(task) {
  const ways = [];
  const add = (targets, when) => [targets ?? []].flat().forEach(to => typeof to === "string" && ways.push({ to, when }));
  for (const next of task.next ?? []) add(next.do, next.when ?? "");
  for (const [key, when] of [["on_success", "succeeded"], ["on_failure", "failed"], ["on_complete", ""], ["on_timeout", "timed out"]]) {
    for (const way of [task[key] ?? []].flat()) typeof way === "string" ? add(way, when) : add(way.do, way.when ?? when);
  }
  return ways;
}

// The tasks by name, with their ways, and the row of each.
function laidOut(definition) {
  const listed = Array.isArray(definition?.tasks)
    ? definition.tasks
    : Object.entries(definition?.tasks ?? {}).map(([name, task]) => ({ name, ...task }));
  const tasks = new Map(listed.map(task => [task.name, { task, ways: waysOut(task), row: 0 }]));
  const entered = new Set([...tasks.values()].flatMap(({ ways }) => ways.map(way => way.to)));
  let front = [...tasks.keys()].filter(name => !entered.has(name));
  if (!front.length) front = [...tasks.keys()].slice(0, 1);
  // As many rounds as there are tasks: a circle ends there.
  for (let row = 1; row <= tasks.size && front.length; row++) {
    const next = new Set();
    for (const name of front) {
      for (const { to } of tasks.get(name)?.ways ?? []) {
        const target = tasks.get(to);
        if (target && target.row < row && !(tasks.get(name).behind ?? new Set()).has(to)) {
          target.row = row;
          target.behind = new Set([...(tasks.get(name).behind ?? []), name]);
          next.add(to);
        }
      }
    }
    front = [...next];
  }
  return tasks;
}

function drawn(kind, attributes, text) {
  const element = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

const short = (text, most) => text.length > most ? text.slice(0, most - 1) + "…" : text;

// A drawing of the workflow with this definition; null where it has no tasks.
function drawWorkflow(definition, title) {
  const tasks = laidOut(definition);
  if (!tasks.size) return null;
  const rows = [];
  for (const [name, place] of tasks) (rows[place.row] ??= []).push(name);
  const filled = rows.filter(Boolean);
  const widest = Math.max(...filled.map(row => row.length));
  const width = widest * (WIDTH + APART) + APART + ASIDE, height = filled.length * (HEIGHT + BELOW);
  filled.forEach((row, y) => row.forEach((name, x) => {
    const left = (width - ASIDE - row.length * (WIDTH + APART) + APART) / 2;
    Object.assign(tasks.get(name), { x: left + x * (WIDTH + APART), y: 8 + y * (HEIGHT + BELOW) });
  }));
  const svg = drawn("svg", { class: "workflow", role: "img", viewBox: `0 0 ${width} ${height}`, width, height });
  const told = [...tasks].map(([name, { ways }]) => `${name}${ways.length ? " leads to " + ways.map(way => way.to).join(", ") : " ends"}`);
  svg.append(drawn("title", {}, title), drawn("desc", {}, told.join("; ")));
  for (const { x, y, ways } of tasks.values()) {
    for (const { to, when } of ways) {
      const target = tasks.get(to);
      if (!target) continue;
      const [fromX, fromY, toX, toY] = [x + WIDTH / 2, y + HEIGHT, target.x + WIDTH / 2, target.y];
      const fails = /fail|timed/.test(when) ? "fails" : "";
      const back = toY <= fromY;
      const side = back ? Math.max(x, target.x) + WIDTH + APART / 2 : 0;
      const line = back
        ? `M${x + WIDTH},${y + HEIGHT / 2} H${side} V${toY + HEIGHT / 2} H${target.x + WIDTH + 5}`
        : `M${fromX},${fromY} C${fromX},${fromY + BELOW / 2} ${toX},${toY - BELOW / 2} ${toX},${toY - 5}`;
      svg.append(drawn("path", { d: line, class: fails }));
      const tip = back
        ? `${target.x + WIDTH},${toY + HEIGHT / 2} ${target.x + WIDTH + 7},${toY + HEIGHT / 2 - 4} ${target.x + WIDTH + 7},${toY + HEIGHT / 2 + 4}`
        : `${toX},${toY} ${toX - 4},${toY - 7} ${toX + 4},${toY - 7}`;
      svg.append(drawn("polygon", { points: tip, class: "tip" }));
      const words = when.replace(/^\s*\{\{\s*|\s*\}\}\s*$/g, "");
      if (words && words !== "succeeded()") {
        svg.append(drawn("text", { x: (fromX + toX) / 2 + 6, y: (fromY + toY) / 2 + 4, class: "label" }, short(words, 28)));
      }
    }
  }
  for (const [name, { x, y, task }] of tasks) {
    svg.append(drawn("rect", { x, y, width: WIDTH, height: HEIGHT, rx: 5 }));
    svg.append(drawn("text", { x: x + 10, y: y + 19 }, short(name, 24)));
    svg.append(drawn("text", { x: x + 10, y: y + 36, class: "label" }, short(task.action ?? task.type ?? "", 28)));
  }
  return svg;
}
