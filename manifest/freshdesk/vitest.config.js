// Read by `fdk unit-test`, and by this project's own tests. Packing wants four figures above 80 %,
// from coverage/unit/coverage-final.json.
const least = 80;

export default {
  test: {
    globals: true,
    // As it stands: for a page, addresses of files would be rewritten to those of a build.
    testTransformMode: { ssr: ['**/*'] },
    include: ['tests/**/*.test.js'],
    restoreMocks: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      reportsDirectory: 'coverage/unit',
      reporter: ['json', 'text'],
      include: ['server/**/*.js', 'app/scripts/**/*.js'],
      thresholds: { statements: least, branches: least, functions: least, lines: least },
    },
  },
};
