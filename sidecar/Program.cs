using Sidecar.Cli;
using Sidecar.Launcher;

// The trampoline of every app comes first: it runs once per app start and must touch nothing else.
if (args is [ExecApp.Verb, .. var command])
{
    return ExecApp.Run(command);
}

return await Verbs.RunAsync(args);
