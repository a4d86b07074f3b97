using System.Collections.Concurrent;
using System.Reflection;

namespace Dapr.Actors.Communication;

/// <summary>A method of an actor interface, as far as calling it goes.</summary>
/// <param name="InterfaceId">Of the interface that declares it.</param>
/// <param name="Parameters">Without the cancellation token.</param>
/// <param name="ResultType">Null: the method answers a task and nothing else.</param>
internal sealed record ActorMethod(
    int InterfaceId, int Id, MethodInfo Info, IReadOnlyList<ParameterInfo> Parameters, bool TakesCancellation, Type? ResultType)
{
    public string Name => Info.Name;
}

/// <summary>The methods of an actor interface, those it inherits included, after checking that all of them can be called.</summary>
internal sealed class ActorInterface
{
    private static readonly ConcurrentDictionary<Type, ActorInterface> Known = new();

    private readonly Dictionary<string, ActorMethod> _methods = new(StringComparer.Ordinal);

    private ActorInterface(Type type)
    {
        Type = type;
        Id = InterfaceIds.Of(type);
        if (!type.IsInterface || type.IsGenericType || !typeof(IActor).IsAssignableFrom(type))
        {
            throw new ArgumentException($"{type.FullName} is not an actor interface: it must be an interface that extends IActor and is not generic.", nameof(type));
        }

        foreach (var method in type.GetInterfaces().Prepend(type).SelectMany(declaring => declaring.GetMethods()))
        {
            if (!_methods.TryAdd(method.Name, Describe(method)))
            {
                throw Refusal(method, "is overloaded, and methods are called by name");
            }
        }
    }

    public Type Type { get; }

    public int Id { get; }

    public IEnumerable<ActorMethod> Methods => _methods.Values;

    /// <summary>Throws <see cref="ArgumentException"/> for an interface that no proxy can have.</summary>
    public static ActorInterface Of(Type type) => Known.GetOrAdd(type, static type => new ActorInterface(type));

    /// <summary>Throws <see cref="MissingMethodException"/> when there is none.</summary>
    public ActorMethod Method(string name) =>
        _methods.GetValueOrDefault(name) ?? throw new MissingMethodException($"{Type.FullName} has no method {name}.");

    private static ActorMethod Describe(MethodInfo method)
    {
        var result = method.ReturnType == typeof(Task) ? null
            : method.ReturnType is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(Task<>) ? type.GetGenericArguments()[0]
            : throw Refusal(method, "must answer Task or Task<T>");
        if (method.IsGenericMethod)
        {
            throw Refusal(method, "is generic");
        }

        var parameters = method.GetParameters();
        var takesCancellation = parameters is [.., { } last] && last.ParameterType == typeof(CancellationToken);
        var arguments = takesCancellation ? parameters[..^1] : parameters;
        if (arguments.FirstOrDefault(parameter => parameter.ParameterType.IsByRef || parameter.ParameterType == typeof(CancellationToken)) is { } strange)
        {
            throw Refusal(method, $"has the parameter {strange.Name}, which cannot be sent; a cancellation token comes last");
        }

        return new ActorMethod(InterfaceIds.Of(method.DeclaringType!), InterfaceIds.Of(method), method, arguments, takesCancellation, result);
    }

    private static ArgumentException Refusal(MethodInfo method, string reason) =>
        new($"The method {method.DeclaringType!.FullName}.{method.Name} {reason}.");
}
