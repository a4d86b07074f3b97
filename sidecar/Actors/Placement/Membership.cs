using System.Text.Json;
using Sidecar.Components;

namespace Sidecar.Actors.Placement;

/// <summary>A sidecar that hosts actors, as all others see it.</summary>
/// <param name="Address">Of its HTTP API.</param>
/// <param name="Expires">The end of its lease; after it the others may take it for dead.</param>
/// <param name="Seen">The newest generation for which it has let go of all actors that are no longer its own.</param>
internal sealed record Member(string HostId, string AppId, string Address, IReadOnlyList<string> Types, DateTimeOffset Expires, long Seen);

/// <summary>All members. One document for all of them, so that every change is one swap and has one place in their order.</summary>
/// <param name="Generation">One more for every member that comes or goes; a renewed lease is no change.</param>
/// <param name="Commit">New at every write: tells a swap that took effect from one that did not.</param>
internal sealed record Membership(long Generation, string Commit, IReadOnlyList<Member> Members)
{
    public static readonly Membership Empty = new(0, "", []);

    /// <summary>True when every member has let go of what this generation took from it: the owners may begin.</summary>
    public bool IsSettled => Members.All(member => member.Seen >= Generation);

    public Member? Find(string hostId) => Members.FirstOrDefault(member => member.HostId == hostId);

    /// <summary>With a new member. Another one at its address is a former life of it: the port is this one's now.</summary>
    public Membership With(Member joining) => this with
    {
        Generation = Generation + 1,
        Members = [.. Members.Where(member => member.Address != joining.Address && member.HostId != joining.HostId), joining],
    };

    public Membership Without(string hostId) => Find(hostId) is null
        ? this
        : this with { Generation = Generation + 1, Members = [.. Members.Where(member => member.HostId != hostId)] };

    public Membership WithoutExpired(DateTimeOffset before) => Members.All(member => member.Expires >= before)
        ? this
        : this with { Generation = Generation + 1, Members = [.. Members.Where(member => member.Expires >= before)] };

    public Membership Renewed(Member member) => this with { Members = [.. Members.Select(each => each.HostId == member.HostId ? member : each)] };

    public ReadOnlyMemory<byte> ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, JsonSerializerOptions.Web);

    /// <summary>Throws <see cref="ComponentException"/> for what this class did not write.</summary>
    public static Membership Parse(string key, ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<Membership>(json.Span, JsonSerializerOptions.Web) ?? Empty;
        }
        catch (JsonException mistake)
        {
            throw new ComponentException(ComponentFault.Failed, $"what stands under '{key}' is no membership of actor hosts", mistake);
        }
    }
}

/// <summary>The owners that one generation gives.</summary>
internal sealed class MemberTable(Membership membership)
{
    public static readonly MemberTable Empty = new(Membership.Empty);

    private readonly Dictionary<string, Member> _byId = membership.Members.ToDictionary(member => member.HostId, StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _idsByType = membership.Members
        .SelectMany(member => member.Types.Select(type => (Type: type, member.HostId)))
        .GroupBy(pair => pair.Type, pair => pair.HostId, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);

    public Member? OwnerOf(ActorAddress actor) =>
        _idsByType.TryGetValue(actor.Type, out var ids) && Rendezvous.OwnerOf(actor, ids) is { } id ? _byId[id] : null;
}
