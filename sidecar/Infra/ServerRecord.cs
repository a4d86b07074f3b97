using System.Text.Json.Serialization;
using Sidecar.Launcher;

namespace Sidecar.Infra;

/// <summary>What was started, on disk beside the server's data. It outlives the processes; their start times tell.</summary>
internal sealed record ServerRecord(int Port, IReadOnlyDictionary<string, int> InnerPorts, IReadOnlyList<PartRecord> Parts, bool Durable = false)
{
    public static string FileIn(string folder) => Path.Combine(folder, "running.json");

    [JsonIgnore]
    public PartRecord? Main => Alive(InfraServer.MainRole);

    /// <summary>The processes that should be there and are not.</summary>
    [JsonIgnore]
    public IEnumerable<PartRecord> Dead => Parts.Where(part => !part.Process.IsAlive);

    public PartRecord? Alive(string role) => Parts.FirstOrDefault(part => part.Role == role && part.Process.IsAlive);
}

/// <param name="Process">The process that does the work.</param>
/// <param name="Leader">The process that was started, which leads the session of both.</param>
internal sealed record PartRecord(string Role, ProcessIdentity Process, ProcessIdentity Leader)
{
    [JsonIgnore]
    public bool IsAlive => Process.IsAlive || Leader.IsAlive;
}
