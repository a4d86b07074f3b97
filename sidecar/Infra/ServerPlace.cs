namespace Sidecar.Infra;

/// <summary>Where a server lives and how it was asked to run.</summary>
/// <param name="Folder">Everything it writes is below.</param>
/// <param name="InnerPorts">Ports that only its own processes use, by name; they stay the same while they are free.</param>
internal sealed record ServerPlace(string Folder, int Port, IReadOnlyDictionary<string, int> InnerPorts, bool Durable = false)
{
    public const string Host = "127.0.0.1";

    public string PathOf(string name) => Path.Combine(Folder, name);
}
