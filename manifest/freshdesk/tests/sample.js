/** What the service answers of sample tickets; the panel's own tests are run against the service itself. */

const choice = (id, title, ...means) => ({
  id, title, kind: 'choice', role: 'fact', on_ticket: null, options: means.map((one) => ({ value: `The ${one}`, label: `The ${one}`, means: one })),
});
const field = (id, title, kind, role = 'fact') => ({ id, title, kind, role, on_ticket: null, options: [] });

/** Fields by the names that Freshdesk gave them. */
export const FIELDS = {
  claim: field('cf_claim', 'Warranty: claim', 'checkbox', 'control'),
  purchase_date: field('cf_purchase_date_88', 'Warranty: purchase date', 'date'),
  order_number: field('cf_order_number', 'Warranty: order number', 'text'),
  problem: choice('cf_problem', 'Warranty: problem', 'quality_defect', 'dropped'),
  inspection: choice('cf_inspection', 'Warranty: inspection', 'passed'),
  agent_decision: { ...choice('cf_decision', 'Warranty: agent decision', 'accept', 'hold', 'covered', 'not_covered'), role: 'control' },
  agent_decision_reason: field('cf_reason', 'Warranty: reason', 'text', 'control'),
  verdict: { ...choice('cf_verdict', 'Warranty: verdict', 'covered'), role: 'outcome' },
};

/** What stands in them in the page. */
export const VALUES = {
  cf_claim: true, cf_purchase_date_88: '2026-02-01', cf_order_number: '', cf_problem: 'The quality_defect',
  cf_decision: null, cf_reason: null, cf_verdict: null,
};

export const COVERED = {
  state: 'claim',
  mode: 'full',
  as_of: null,
  version: '2026-05-04T10:00:00Z',
  language: 'en',
  customer_language: 'en',
  verdict: { status: 'covered', clauses: ['S1'], could_be: [], claim_deadline: '2027-02-01', policy_edition: 'soocas-1', decided_on: '2026-05-05' },
  headline: 'COVERED · replacement by the same model · freight: SOOCAS · claim until 2027-02-01 (272 days left)',
  clauses: [{ clause: 'S1', because: 'The problem is a defect in quality.', sentence: 'Defects are covered.' }],
  missing: [],
  next_question: null,
  freight: { payer: 'soocas', label: 'SOOCAS', clauses: ['F1'], because: 'Because of F1.' },
  remedy: { kind: 'replacement_same_model', label: 'replacement by the same model', clauses: ['R1'], because: '', warranty_ends_on: '2027-02-01' },
  timeline: [
    { key: 'purchase', date: '2026-02-01', label: 'Purchase', provisional: false },
    { key: 'refund_window', date: '2026-03-03', label: 'Refund window ends', provisional: false },
    { key: 'opened', date: '2026-05-04', label: 'Claim opened', provisional: true },
    { key: 'today', date: '2026-05-05', label: 'Today', provisional: false },
    { key: 'claim_deadline', date: '2026-05-10', label: 'Claim deadline', provisional: true },
    { key: 'warranty_end', date: '2027-02-01', label: 'Warranty ends', provisional: false },
  ],
  presumed: [{ fact: 'free_product', words: 'not a free product' }],
  misread: [{ fact: 'claim_country', field: 'Warranty: country of claim', value: '<b>Atlantis</b>', expected: 'a country' }],
  shown: 'covered',
  decision: null,
  counts: { status: 'covered', label: 'Covered', payer: 'soocas', by: 'policy' },
  message: {
    text: 'Hello,\n\nyour product is covered.', html: '<p>Hello,</p><p>your product is covered.</p>',
    asks: false, language: 'en', greeting: 'Hello,', named: 'Hello {name},', may_differ: true,
  },
  macro: { id: '70', title: 'Warranty: covered' },
  history: [
    { at: '2026-05-05T09:00:00Z', status: 'covered', clauses: ['S1'], shown: 'needs_review', decision: 'hold' },
    { at: '2026-05-04T09:00:00Z', status: 'needs_information', clauses: [], shown: null, decision: null },
  ],
  contradicts: { coverage: ['is not covered'], freight: ['at your expense'] },
  turned: { before: [' not '], after: [' nicht '], ends: ['.'] },
  untrusted: [],
};

const asks = (fact, kind, more) => ({
  fact, title: `The ${fact}`, of: 'buyer', field: FIELDS[fact].id, kind, question: `What of ${fact}?`,
  ask: `What of ${fact}, please?`, ask_customer: `Customer: ${fact}?`, options: null, hint: 'A hint.', also: [], ...more,
});

export const ASKING = {
  ...COVERED,
  verdict: { ...COVERED.verdict, status: 'needs_information', could_be: ['covered', 'not_covered'], claim_deadline: null },
  headline: 'NEEDS INFORMATION · 2 facts are missing',
  counts: { status: 'needs_information', label: 'Needs information', payer: 'undetermined', by: 'policy' },
  freight: { payer: 'undetermined', label: 'Not known yet', clauses: [], because: '' },
  remedy: { ...COVERED.remedy, kind: 'none', warranty_ends_on: null },
  missing: [
    asks('order_number', 'text', { also: [{ fact: 'problem', title: 'The problem', field: FIELDS.problem.id }] }),
    asks('purchase_date', 'date', { of: 'agent' }),
    asks('inspection', 'choice', { of: 'agent' }), // not on this ticket's form
  ],
  next_question: 'order_number',
  macro: null,
  message: { ...COVERED.message, asks: true, language: 'de' },
  contradicts: { coverage: [], freight: [] },
  shown: null,
};

/** The answer as the service gives it to a question: fields where they are asked for, a what-if. */
export function answered(answer, body) {
  return {
    ...answer,
    ...(body.fields && { fields: FIELDS }),
    ...(body.what_if && {
      what_if: {
        verdict: { ...COVERED.verdict, status: 'not_covered' }, headline: 'NOT COVERED · dropped (X8)', clauses: COVERED.clauses,
        freight: COVERED.freight, remedy: COVERED.remedy,
      },
    }),
  };
}
