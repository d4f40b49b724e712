// What shells run when a key is pressed: they all ask `twinpath __complete`, which gives a word a line, and behind a tab what it does.

/** Where nothing is offered, all three complete names of files. */
export const SCRIPTS = {
  bash: `# In ~/.bashrc: source <(twinpath completion bash)
_twinpath() {
  local IFS=$'\\n'
  COMPREPLY=($(twinpath __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _twinpath twinpath
`,
  zsh: `#compdef twinpath
# In ~/.zshrc, behind compinit: source <(twinpath completion zsh)
_twinpath() {
  local -a found
  local word does
  while IFS=$'\\t' read -r word does; do
    found+=("\${word//:/\\\\:}\${does:+:$does}")
  done < <(twinpath __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe twinpath found; else _files; fi
}
compdef _twinpath twinpath
`,
  fish: `# As ~/.config/fish/completions/twinpath.fish
complete -c twinpath -a '(twinpath __complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
} as const;

export type Shell = keyof typeof SCRIPTS;
