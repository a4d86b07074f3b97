using System.Security.Cryptography;
using System.Text;

namespace Dapr.Workflow.Replay;

/// <summary>Ids that come out the same on every replay: hashes of the execution and of the place they are asked at.</summary>
internal sealed class DeterministicIds(string instanceId, string executionId)
{
    private int _issued;

    /// <summary>The next id that workflow code asks for.</summary>
    public Guid Next() => Hash("id", _issued++);

    /// <summary>The id of a call, shared by all its attempts. It does not disturb the ids that the code gets.</summary>
    public string OfCall(int firstCommandId) => Hash("call", firstCommandId).ToString("D");

    private Guid Hash(string purpose, int ordinal)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{instanceId}\n{executionId}\n{purpose}\n{ordinal}"));
        var bytes = hash.AsSpan(0, 16);
        // RFC 9562: version 8 is a free-form id, variant 1.
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
