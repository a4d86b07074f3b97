namespace Sidecar.Actors;

/// <summary>One actor: its type and its id within the type.</summary>
internal readonly record struct ActorAddress(string Type, string Id)
{
    private const string ReservedPrefix = "dapr.internal.";

    /// <summary>The runtime keeps types of its own (workflows, reminders) under this prefix; no client may touch their state.</summary>
    public bool IsReserved => Type.StartsWith(ReservedPrefix, StringComparison.Ordinal);

    /// <summary>Tells every two actors apart, unlike the text of the address: a type and an id may contain its separator.</summary>
    public string UniqueKey => $"{Type.Length}:{Type}{Id}";

    /// <summary>As daprd writes it in keys and messages.</summary>
    public override string ToString() => $"{Type}||{Id}";
}
