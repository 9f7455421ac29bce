// What is known of the rules that Freshworks lints an app by ("App validation", and its samples).
const refused = {
  'require-await': 'error',
  'no-unused-vars': ['error', { args: 'all' }],
  'no-empty-function': 'error',
  'no-eq-null': 'error',
  'no-eval': 'error',
  'no-alert': 'error',
  'no-unreachable': 'error',
  'no-redeclare': 'error',
  'no-console': 'error',
};
const warned = { complexity: ['warn', 7] };
const names = (...given) => Object.fromEntries(given.map((name) => [name, 'readonly']));

export default [
  {
    files: ['app/scripts/**/*.js'],
    languageOptions: {
      ecmaVersion: 2024,
      sourceType: 'module',
      globals: names('document', 'globalThis', 'window', 'DOMParser', 'setTimeout', 'clearTimeout', 'localStorage', 'fetch', 'URL', 'ResizeObserver', 'CSS', 'Event'),
    },
    rules: { ...refused, ...warned, 'no-undef': 'error' },
  },
  {
    files: ['server/**/*.js'],
    languageOptions: {
      ecmaVersion: 2024,
      sourceType: 'script',
      globals: { ...names('$request', 'renderData'), exports: 'writable' },
    },
    rules: { ...refused, ...warned, 'no-undef': 'error' },
  },
];
