#!/usr/bin/env node
// The queries of deploy/monitoring/dashboard.json as recording rules, so that promtool can say whether Prometheus would take them.
// Refuses a dashboard without the totals that alerts_test.yml tries with several instances: else it would try what nobody looks at.
//
//   node tools/dashboard-rules.mjs > rules.yml; promtool check rules rules.yml
import { readFileSync } from 'node:fs';

const { panels } = JSON.parse(readFileSync(new URL('../deploy/monitoring/dashboard.json', import.meta.url), 'utf8'));
const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr.replaceAll('$gateway', '.*')));
if (queries.length === 0) throw new Error('the dashboard asks for nothing');
const tests = readFileSync(new URL('../deploy/monitoring/alerts_test.yml', import.meta.url), 'utf8');
const tried = [...tests.matchAll(/expr: '((?:sum|max) by [^']*)'/g)].map(([, expr]) => expr);
for (const expr of tried) if (!queries.includes(expr)) throw new Error(`alerts_test.yml tries a query that the dashboard does not ask: ${expr}`);
// JSON is YAML.
console.log(JSON.stringify({ groups: [{ name: 'dashboard', rules: queries.map((expr, at) => ({ record: `dashboard_${at}`, expr })) }] }));
