using System.ComponentModel;
using System.Net.Sockets;
using Sidecar.Components;
using Sidecar.Host;

namespace Sidecar.Launcher;

/// <summary>The ways a sidecar or an app fails to start that have an explanation; anything else is a bug and may surface as one.</summary>
internal static class StartFailure
{
    public static bool Explains(Exception exception) => exception
        is ComponentException or ComponentsFailedException or IOException or SocketException or Win32Exception or UnauthorizedAccessException
        or InvalidOperationException or TimeoutException or FormatException or ArgumentException or HttpRequestException
        or Microsoft.Data.Sqlite.SqliteException;

    /// <summary>The outermost words and, where they say more, the innermost.</summary>
    public static string Describe(Exception exception)
    {
        var cause = exception.GetBaseException();
        return cause.Message == exception.Message || exception.Message.Contains(cause.Message, StringComparison.Ordinal)
            ? exception.Message
            : $"{exception.Message} ({cause.Message})";
    }
}
