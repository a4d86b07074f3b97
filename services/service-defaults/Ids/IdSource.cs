namespace DaprShop.ServiceDefaults.Ids;

/// <summary>Where fresh ids come from: the one place that wraps <see cref="Guid.NewGuid"/>. Prefer <see cref="DerivedIds"/>.</summary>
public class IdSource
{
    public virtual Guid NewGuid() => Guid.NewGuid();

    /// <summary>32 hexadecimal digits.</summary>
    public string NewId() => NewGuid().ToString("N");
}
