namespace Dapr.Client.Http;

/// <summary>What a call wants, in the words of its error message. Composed only when the call fails.</summary>
internal readonly record struct SidecarOperation(string Verb, string Target)
{
    public override string ToString() => $"{Verb} '{Target}'";
}
