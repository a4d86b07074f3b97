using System.ComponentModel;
using System.Diagnostics;
using Sidecar.Launcher;

namespace Sidecar.Infra;

/// <summary>Starts a server that goes on after this program has ended.</summary>
internal static class DetachedStart
{
    /// <summary>Null with the reason when it could not be started at all.</summary>
    public static ProcessIdentity? Run(ServerPart part, string folder, string logFile, out string problem)
    {
        // The log of the start before is what explains a crash.
        if (File.Exists(logFile))
        {
            File.Move(logFile, Path.ChangeExtension(logFile, ".previous.log"), overwrite: true);
        }

        string[] words = [.. ProcessStarter.OwnWords(), ExecServer.Verb, logFile, .. part.Command];
        var info = new ProcessStartInfo(words[0], words.Skip(1)) { WorkingDirectory = folder };
        foreach (var (name, value) in part.Environment)
        {
            info.Environment[name] = value;
        }

        try
        {
            using var process = Process.Start(info)!;
            problem = "it ended at once";
            return ProcessIdentity.Of(process.Id);
        }
        catch (Win32Exception exception)
        {
            problem = $"cannot run {words[0]}: {exception.Message}";
            return null;
        }
    }
}
