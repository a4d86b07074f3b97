#nullable disable
namespace Dapr.Actors.Runtime;

/// <summary>An actor type that the application hosts.</summary>
public sealed class ActorRegistration
{
    /// <summary>A type with the application's options.</summary>
    public ActorRegistration(ActorTypeInformation type)
        : this(type, options: null)
    {
    }

    /// <summary>A type with options of its own.</summary>
    public ActorRegistration(ActorTypeInformation type, ActorRuntimeOptions options)
    {
        ArgumentNullException.ThrowIfNull(type);
        Type = type;
        TypeOptions = options;
    }

    /// <summary>The type.</summary>
    public ActorTypeInformation Type { get; }

    /// <summary>What makes its instances; null: what the factory says.</summary>
    public ActorActivator Activator { get; set; }

    /// <summary>
    /// Idle time, draining and reentrancy of this type alone; null: the application's. What they leave unset is the sidecar's default.
    /// </summary>
    public ActorRuntimeOptions TypeOptions { get; }
}
