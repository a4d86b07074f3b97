using Sidecar.Cli;
using Sidecar.Infra;
using Sidecar.Launcher;

// The trampolines come first: they run once per start of an app or a server and must touch nothing else.
if (args is [ExecApp.Verb, .. var command])
{
    return ExecApp.Run(command);
}

if (args is [ExecServer.Verb, .. var server])
{
    return ExecServer.Run(server);
}

return await Verbs.RunAsync(args);
