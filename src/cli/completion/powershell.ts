/** Completion for PowerShell, from 5.1 of Windows on. */
import type { CommandRow, Values } from '../command-table.ts'
import { COMMAND_BY_DEFAULT, wholeWords } from './parts.ts'

export function powershellCompletion(program: CommandRow): string {
  return `# Completion of rdpscope for PowerShell. In $PROFILE:
# rdpscope completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName rdpscope -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commands = [ordered]@{
${program.commands.map(({ name, says }) => `        ${quoted(name)} = ${quoted(says)}`).join('\n')}
    }
    # By command: name|what it does. By command and option: what may follow. Names of options know upper and lower case.
    $options = @{
${program.commands.map(optionLines).join('\n')}
    }
    $values = [hashtable]::new([StringComparer]::Ordinal)
${program.commands.flatMap(valueLines).join('\n')}
    # By command: what its first argument may be. Others take files, which PowerShell completes by itself.
    $arguments = @{
${program.commands.flatMap(argumentLines).join('\n')}
    }

    $typed = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
    $command = ${quoted(COMMAND_BY_DEFAULT)}
    if ($typed.Count -gt 1 -and $commands.Contains($typed[1])) { $command = $typed[1] }

    $words = @()
    if ($typed.Count -gt 1 -and $values.ContainsKey("$command $($typed[-1])")) {
        $words = $values["$command $($typed[-1])"] | ForEach-Object { @{ Text = $_; Says = $_ } }
    } elseif ($wordToComplete.StartsWith('-')) {
        $words = $options[$command] | ForEach-Object { $name, $says = $_ -split '\\|', 2; @{ Text = $name; Says = $says } }
    } elseif ($typed.Count -le 1) {
        $words = $commands.GetEnumerator() | ForEach-Object { @{ Text = $_.Key; Says = $_.Value } }
    } elseif ($arguments.ContainsKey($command)) {
        $words = $arguments[$command] | ForEach-Object { @{ Text = $_; Says = $_ } }
    }
    $words | Where-Object { $_.Text.StartsWith($wordToComplete, [StringComparison]::Ordinal) } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_.Text, $_.Text, 'ParameterValue', $_.Says)
    }
}
`
}

function optionLines({ name, options }: CommandRow): string {
  const lines = options.flatMap(({ long, short, says }) =>
    [long, ...(short === null ? [] : [short])].map(option => quoted(`${option}|${says}`)),
  )
  return `        ${quoted(name)} = @(${lines.join(', ')})`
}

function valueLines({ name, options }: CommandRow): string[] {
  return options.flatMap(({ long, short, value }) => {
    if (value === null || value.values.kind !== 'words') return []
    return [long, ...(short === null ? [] : [short])].map(
      option => `    $values[${quoted(`${name} ${option}`)}] = ${list(value.values)}`,
    )
  })
}

function argumentLines({ name, arguments: places }: CommandRow): string[] {
  const values = places[0]?.values
  return values?.kind === 'words' ? [`        ${quoted(name)} = ${list(values)}`] : []
}

function list(values: Values): string {
  return `@(${wholeWords(values).map(quoted).join(', ')})`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
