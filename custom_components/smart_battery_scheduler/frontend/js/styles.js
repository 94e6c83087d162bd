// Home Assistant's own variables throughout: light, dark and custom themes follow by themselves.
export const STYLES = `
:host {
  display: block;
  --cheap: var(--info-color, #039be5);
  --usual: var(--disabled-text-color, #9e9e9e);
  --expensive: var(--warning-color, #ffa600);
  --negative: var(--energy-grid-return-color, #8353d1);
  --charge: var(--energy-battery-in-color, #f06292);
  --use: var(--energy-battery-out-color, #4db6ac);
  --sun: var(--energy-solar-color, #ff9800);
  --ink: var(--primary-text-color, #212121);
  --soft: var(--secondary-text-color, #727272);
  --rule: var(--divider-color, rgba(0, 0, 0, .12));
  --paper: var(--card-background-color, #fff);
}
* { box-sizing: border-box; }
ha-card { display: block; padding: 16px; color: var(--ink); container-type: inline-size; overflow: hidden; }
p { margin: 0; }
button, select { font: inherit; color: inherit; }
button {
  min-height: 40px; padding: 6px 14px; border-radius: 20px; cursor: pointer;
  border: 1px solid var(--rule); background: transparent; font-size: 14px;
}
button:hover { background: var(--secondary-background-color, #eee); }
button[aria-pressed=true] { border-color: var(--primary-color, #03a9f4); box-shadow: inset 0 0 0 1px var(--primary-color, #03a9f4); font-weight: 500; }
button.primary { background: color-mix(in srgb, var(--primary-color, #03a9f4) 72%, #000); border-color: transparent; color: #fff; font-weight: 500; }
button.primary:hover { filter: brightness(.94); } button.primary[aria-pressed=true] { box-shadow: inset 0 0 0 2px var(--paper); }
button:disabled { opacity: .45; cursor: default; }
button:focus-visible, select:focus-visible, .chart:focus-visible, .table:focus-visible { outline: 2px solid var(--primary-color, #03a9f4); outline-offset: 2px; }
button.icon { min-width: 40px; padding: 0; border: 0; }
button.row { min-height: 28px; padding: 0; border: 0; border-radius: 4px; font-variant-numeric: tabular-nums; }
[hidden] { display: none !important; }
.title { display: flex; gap: 8px; align-items: center; min-height: 20px; color: var(--soft); font-size: 14px; }
.title .name { flex: 1; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.badge { border: 1px solid var(--rule); border-radius: 10px; padding: 1px 8px; font-size: 12px; white-space: nowrap; }
.glance { display: flex; gap: 16px; align-items: center; margin: 6px 0 10px; min-height: 98px; }
.answer { flex: 1; min-width: 0; }
.headline { font-size: 22px; line-height: 1.25; font-weight: 500; }
.detail { font-size: 15px; margin-top: 2px; font-variant-numeric: tabular-nums; }
.why, .next { color: var(--soft); font-size: 14px; line-height: 1.4; margin-top: 2px; }
.problem .headline { border-inline-start: 4px solid var(--error-color, #db4437); padding-inline-start: 8px; }
.wait .headline { border-inline-start: 4px solid var(--rule); padding-inline-start: 8px; }
.cell { position: relative; width: 56px; height: 80px; flex: none; margin-top: 5px; border: 2px solid var(--soft); border-radius: 9px; display: grid; place-items: center; }
.cell::before { content: ""; position: absolute; top: -7px; width: 20px; height: 5px; border-radius: 3px 3px 0 0; background: var(--soft); }
.cell .fill { position: absolute; inset: auto 3px 3px; border-radius: 4px; background: var(--use); opacity: .38; height: calc((100% - 6px) * var(--level, 0)); }
.cell.charging .fill { background: var(--charge); }
.cell .value { position: relative; font-weight: 500; font-size: 17px; font-variant-numeric: tabular-nums; }
.flows { display: grid; grid-template-columns: repeat(4, 1fr); gap: 8px; margin-bottom: 10px; padding: 8px 0; border-block: 1px solid var(--rule); }
.flow { min-width: 0; font-size: 12px; color: var(--soft); line-height: 1.35; }
.flow b { display: block; font-size: 16px; font-weight: 500; color: var(--ink); font-variant-numeric: tabular-nums; white-space: nowrap; }
.stage { position: relative; direction: ltr; }
.crosshair { position: absolute; top: 12px; height: 228px; width: 0; border-inline-start: 1px dashed var(--soft); pointer-events: none; }
.tip { position: absolute; top: 18px; z-index: 2; padding: 6px 10px; border-radius: 8px; border: 1px solid var(--rule); background: var(--paper); box-shadow: 0 2px 8px rgba(0, 0, 0, .25); font-size: 12px; pointer-events: none; white-space: nowrap; }
.tip dl { display: grid; grid-template-columns: auto auto; gap: 1px 12px; margin: 2px 0 0; } .tip dt { color: var(--soft); } .tip dd { margin: 0; text-align: end; font-variant-numeric: tabular-nums; }
.chart { touch-action: pan-y; cursor: pointer; height: 278px; border-radius: 6px; user-select: none; -webkit-user-select: none; }
.chart svg { display: block; overflow: visible; }
svg text { font-family: inherit; font-size: 11px; fill: var(--soft); }
.grid { stroke: var(--rule); } .zero { stroke: var(--soft); } .tick { stroke: var(--rule); }
.midnight { stroke: var(--soft); stroke-dasharray: 2 3; opacity: .7; }
.day { font-weight: 500; }
.rate.cheap { fill: var(--cheap); } .rate.usual { fill: var(--usual); } .rate.expensive { fill: var(--expensive); } .rate.negative { fill: var(--negative); }
.rate.past, .band.past { opacity: .45; }
.rate.estimate { fill-opacity: .2; stroke-width: .75; stroke-opacity: .7; }
.rate.estimate.cheap { stroke: var(--cheap); } .rate.estimate.usual { stroke: var(--usual); } .rate.estimate.expensive { stroke: var(--expensive); } .rate.estimate.negative { stroke: var(--negative); }
.no-rate { stroke: var(--soft); stroke-dasharray: 1 3; }
.band rect { fill: var(--usual); fill-opacity: .25; }
.band.charge rect { fill: var(--charge); fill-opacity: .85; } .band.use rect { fill: var(--use); fill-opacity: .38; }
.band.hold rect { fill: url(#hatch-hold); fill-opacity: 1; } .band.export rect { fill: var(--negative); fill-opacity: .5; }
.hatch-ground { fill: var(--usual); fill-opacity: .16; } .hatch-line { fill: var(--usual); fill-opacity: .3; }
.band text { fill: var(--ink); } .band.charge text { fill: #000; }
.pv { fill: var(--sun); fill-opacity: .3; } .load { fill: none; stroke: var(--soft); stroke-width: 1; opacity: .6; }
.spread { fill: var(--use); fill-opacity: .2; }
.level { fill: none; stroke: var(--ink); stroke-width: 2; stroke-linejoin: round; } .level.past { opacity: .65; }
.session .shade { fill: var(--negative); opacity: .14; } .session .chip { fill: var(--negative); } .session text { fill: #fff; font-weight: 500; }
.export-rate { fill: none; stroke: var(--negative); stroke-width: 1.5; }
.level.morning { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 4 3; }
.chosen { fill: var(--primary-color, #03a9f4); fill-opacity: .16; stroke: var(--primary-color, #03a9f4); }
.manual { fill: var(--ink); font-weight: 700; } .missed { fill: var(--error-color, #db4437); font-weight: 700; }
.now line { stroke: var(--error-color, #db4437); stroke-width: 1.5; } .now text { fill: var(--ink); font-weight: 500; }
.under { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; justify-content: space-between; margin-top: 4px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 12px; font-size: 12px; color: var(--soft); padding: 0; margin: 0; list-style: none; }
.legend i { display: inline-block; width: 12px; height: 10px; border-radius: 2px; margin-inline-end: 4px; background: var(--c); --c: var(--usual); font-style: normal; }
.legend .cheap { --c: var(--cheap); } .legend .expensive { --c: var(--expensive); } .legend .negative, .legend .session { --c: var(--negative); }
.legend i.line { width: 16px; height: 0; border-top: 2px solid var(--c); border-radius: 0; background: none; vertical-align: middle; }
.legend i.level { --c: var(--ink); } .legend i.morning { --c: var(--soft); border-top-style: dashed; } .legend i.load { --c: var(--soft); border-top-width: 1px; } .legend i.export-rate { --c: var(--negative); }
.legend i.estimate { background: color-mix(in srgb, var(--cheap) 20%, transparent); border: 1px solid color-mix(in srgb, var(--cheap) 70%, transparent); }
.legend i.band { border-radius: 5px; } .legend .charge { --c: var(--charge); } .legend .use { --c: color-mix(in srgb, var(--use) 45%, transparent); } .legend .export { --c: color-mix(in srgb, var(--negative) 50%, transparent); }
.legend .hold { background: repeating-linear-gradient(45deg, var(--rule) 0 2px, var(--usual) 2px 3px); }
.legend i.spread { --c: color-mix(in srgb, var(--use) 30%, transparent); } .legend i.pv { --c: color-mix(in srgb, var(--sun) 45%, transparent); } .legend i.session { border-radius: 5px; }
.legend i.sign { width: auto; height: auto; background: none; font-weight: 700; color: var(--ink); }
.nav { display: flex; gap: 4px; margin-inline-start: auto; } .nav button { min-height: 36px; padding: 2px 12px; font-size: 13px; }
.panel, .hint { margin-top: 8px; min-height: 44px; }
.hint { color: var(--soft); font-size: 13px; display: flex; align-items: center; }
.panel { border: 1px solid var(--rule); border-radius: 12px; padding: 4px 12px 12px; }
.panel-head { display: flex; justify-content: space-between; align-items: center; gap: 8px; }
.reason { font-size: 15px; margin: 2px 0; } .figures { color: var(--soft); font-size: 13px; line-height: 1.5; }
.why-not { margin: 6px 0 0; padding-inline-start: 18px; font-size: 13px; color: var(--soft); }
[popover] { position: fixed; inset: auto 0 0; width: 100%; max-width: none; max-height: 60dvh; overflow: auto; margin: 0; padding: 8px 12px calc(12px + env(safe-area-inset-bottom, 0px)); border: 0; border-radius: 16px 16px 0 0; background: var(--paper); color: var(--ink); box-shadow: 0 -4px 20px rgba(0, 0, 0, .35); }
[popover] .panel { border: 0; margin: 0; padding: 0; }
.buttons { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 10px; }
.controls { display: flex; flex-wrap: wrap; gap: 0 20px; align-items: end; }
.choices { display: flex; flex-wrap: wrap; gap: 8px 16px; margin-top: 10px; font-size: 14px; color: var(--soft); }
select { min-height: 40px; border: 1px solid var(--rule); border-radius: 8px; background: var(--paper); padding: 2px 6px; color: var(--ink); }
.ready { flex: 1 0 100%; } .ready .choices { align-items: center; } .asked { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; margin-top: 10px; font-size: 14px; }
.open { display: none; color: var(--ink); font-size: 14px; margin-top: 10px; }
.compact .open { display: inline-block; } .compact :is(.stage, .table, .under, .hint, .controls, .order) { display: none; } .compact .glance { min-height: 0; }
ha-card.tile { position: relative; height: 100%; padding: 4px 12px; display: flex; align-items: center; } .tile > div:not(.empty) { width: 100%; } .tile .empty { min-height: 0; font-size: 12px; }
.tile :is(.title, .flows, .detail, .why, .stage, .table, .under, .hint, .controls, .order, .money, .notes) { display: none; }
.tile .glance { min-height: 0; margin: 0; flex-direction: row-reverse; gap: 10px; } .tile .headline { font-size: 14px; } .tile .headline, .tile .next { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .tile .next { font-size: 12px; margin: 0; }
.tile .cell { width: 32px; height: 42px; border-width: 1.5px; border-radius: 6px; margin-top: 2px; } .tile .cell::before { width: 12px; height: 4px; top: -5px; } .tile .cell .value { font-size: 10px; }
.tile .open { display: block; position: absolute; inset: 0; margin: 0; color: transparent; overflow: hidden; } .tile .open:focus-visible { outline: 2px solid var(--primary-color, #03a9f4); outline-offset: -2px; border-radius: 12px; }
.order { display: flex; gap: 12px; align-items: center; margin-top: 8px; padding: 6px 12px; border-radius: 12px; background: var(--secondary-background-color, #eee); font-size: 14px; }
.order span { flex: 1; } .order.failed { box-shadow: inset 4px 0 0 var(--error-color, #db4437); } .order.seen { box-shadow: inset 4px 0 0 var(--success-color, #43a047); }
.money { display: flex; flex-wrap: wrap; gap: 4px 20px; margin-top: 12px; padding-top: 10px; border-top: 1px solid var(--rule); font-size: 14px; color: var(--soft); }
.money b { color: var(--ink); font-weight: 500; font-variant-numeric: tabular-nums; }
.notes { margin: 6px 0 0; padding: 0; list-style: none; font-size: 13px; color: var(--soft); }
.table { max-height: 420px; overflow: auto; font-size: 14px; } table { width: 100%; border-collapse: collapse; }
th, td { text-align: start; padding: 5px 6px; border-bottom: 1px solid var(--rule); font-weight: 400; } thead th { color: var(--soft); position: sticky; top: 0; background: var(--paper); }
.number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; } td.estimate { font-style: italic; }
tr.charge, tr.block { box-shadow: inset 4px 0 0 var(--charge); } tr.block th { font-weight: 500; background: color-mix(in srgb, var(--charge) 14%, transparent); }
tr.day-name th { font-weight: 500; padding-top: 14px; border-bottom: 2px solid var(--rule); } tr.day-name th::first-letter { text-transform: uppercase; }
.does, .price { display: inline-block; border-radius: 4px; padding: 1px 6px; }
.does.charge { background: color-mix(in srgb, var(--charge) 30%, transparent); } .does.use { background: color-mix(in srgb, var(--use) 24%, transparent); } .does.hold { background: color-mix(in srgb, var(--usual) 22%, transparent); } .does.export { background: color-mix(in srgb, var(--negative) 24%, transparent); }
.price.cheap { background: color-mix(in srgb, var(--cheap) 22%, transparent); } .price.expensive { background: color-mix(in srgb, var(--expensive) 28%, transparent); } .price.negative { background: color-mix(in srgb, var(--negative) 26%, transparent); }
.empty { min-height: 120px; display: grid; place-items: center; text-align: center; color: var(--soft); }
@container (max-width: 420px) {
  .headline { font-size: 19px; } td.estimate { white-space: normal; } th, td { padding-inline: 3px; } .flow b { font-size: 14px; } table .extra { display: none; }
  .controls .buttons { display: grid; flex: 1 0 100%; grid-template-columns: 1fr 1fr; }
}
@media (forced-colors: active) { .level { stroke: CanvasText; } .band rect, .rate { forced-color-adjust: none; } }
@media (prefers-reduced-motion: no-preference) { .cell .fill { transition: height .6s; } }
`;
