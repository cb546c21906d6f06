import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // No test asserts a duration; this only ends one that hangs.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // Nobody's own configuration file is read.
    env: { XDG_CONFIG_HOME: '/nonexistent' },
    fileParallelism: true,
    maxWorkers: 2,
  },
})
