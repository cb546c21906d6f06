/** The JSON Schema of the configuration file, for editors. */
import { z } from 'zod'
import { configSchema } from '../src/cli/config-schema.ts'

export function configJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(configSchema, { io: 'input' }), null, 2)}\n`
}
