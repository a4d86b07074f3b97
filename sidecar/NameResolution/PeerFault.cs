namespace Sidecar.NameResolution;

/// <summary>Why a sidecar passes no answer of its app on to the peer that asked; any other value is the code of a refusal.</summary>
internal static class PeerFault
{
    /// <summary>The secret is not this sidecar's.</summary>
    public const string Stranger = "stranger";

    /// <summary>The app gave no answer.</summary>
    public const string App = "app";
}
