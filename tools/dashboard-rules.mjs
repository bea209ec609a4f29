#!/usr/bin/env node
// The queries of deploy/monitoring/dashboard.json as recording rules, so that promtool can say whether Prometheus would take them.
//
//   node tools/dashboard-rules.mjs > rules.yml; promtool check rules rules.yml
import { readFileSync } from 'node:fs';

const { panels } = JSON.parse(readFileSync(new URL('../deploy/monitoring/dashboard.json', import.meta.url), 'utf8'));
const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr.replaceAll('$gateway', '.*')));
if (queries.length === 0) throw new Error('the dashboard asks for nothing');
// JSON is YAML.
console.log(JSON.stringify({ groups: [{ name: 'dashboard', rules: queries.map((expr, at) => ({ record: `dashboard_${at}`, expr })) }] }));
