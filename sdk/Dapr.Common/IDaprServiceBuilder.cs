using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Common;

/// <summary>Lets a registration be refined after the services it belongs to were added.</summary>
public interface IDaprServiceBuilder
{
    /// <summary>The collection that the registration went to.</summary>
    IServiceCollection Services { get; }
}
