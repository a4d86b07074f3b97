namespace Sidecar.Cli;

/// <summary>What every verb answers to its shell. An interrupted healthy run ends with 0: Ctrl+C is how one stops it.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The command line, dapr.yaml or a resource file is wrong; nothing was started.</summary>
    public const int Mistake = 1;

    /// <summary>The machine is not ready: a port in use, the data directory taken, a run already there.</summary>
    public const int NotReady = 2;

    /// <summary>The build, a sidecar, an app or a server failed to start; everything was stopped again.</summary>
    public const int StartFailed = 3;
}
