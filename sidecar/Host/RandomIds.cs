namespace Sidecar.Host;

/// <summary>The one place of the sidecar that draws random ids; tests replace the source to get fixed ones.</summary>
internal class RandomIds
{
    public virtual string NewId() => Guid.NewGuid().ToString();
}
