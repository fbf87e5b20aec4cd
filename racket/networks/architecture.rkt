#lang racket/base
;; Architectures: the one relation that says which texts are networks and what they cost. Everything
;; that is asked of a network (is it valid, what completes it, what would repair it) is asked of it.

(require (for-syntax racket/base) "../kanren/main.rkt" "blocks.rkt" "budget.rkt" "kinds.rkt"
         "layer-list.rkt" "layers.rkt" "sequence-layers.rkt")
(provide architectureo layerso layero lasto mean-heado)

;; The text of an architecture, the shape of its input (shape-kinds.rkt), and its layers.
(defrel (architectureo architecture input layers)
  (fresh (text a b c)
    (== architecture `(architecture (input . ,text) ,layers))
    (conde [(== input `(,a ,b ,c)) (== text input)]
           [(== input `(,a)) (== text `(features ,a))]
           [(== input `(,a ,b . series)) (== text `(series ,a ,b))]
           [(== input `(,a ,b . tokens)) (== text `(tokens ,a ,b))]
           [(== input `(,a ,b ,c . table)) (== text `(table ,a ,b ,c))])))

;; A list of layers, one after another, from shape to shape and from account to account (budget.rkt).
(defrel (layerso layers in out account after)
  (fresh (layer rest between account-between)
    (conde
      [(== layers '()) (== out in) (== after account)]
      [(== layers `(,layer . ,rest))
       (layero layer in between account account-between)
       (layerso rest between out account-between after)])))

;; The last layer of a network: with it, what was spent is the total.
(defrel (lasto layer in out account)
  (fresh (open after)
    (freeo account open)
    (layero layer in out open after)
    (settleo after)))

;; The head of most networks of convolutions: the mean of each channel, then a linear layer.
(define (mean-heado layers in classes account)
  (fresh (channels height width pooled vector a b)
    (== in `(,channels ,height ,width))
    (== layers `((adaptive-avg-pool2d 1) (flatten) (linear ,channels ,classes)))
    (layero '(adaptive-avg-pool2d 1) in pooled account a)
    (layero '(flatten) pooled vector a b)
    (lasto `(linear ,channels ,classes) vector `(,classes) b)))

;; (define-any-layer (layero any-layero layer in out account after) LIST …): a layer of any kind of
;; the lists, charged to the account. `any-layero` tries each kind, in order; `layero` goes straight
;; to the goals of a kind that stands in the program.
(define-syntax (define-any-layer stx)
  (define (goals entry variables)
    (define relation (layer-relation entry))
    (with-syntax ([(layer in out account after params) variables]
                  [kind (layer-kind entry)])
      (with-syntax ([called (if relation (call relation variables) #'(== layer '(kind)))]
                    [params (if (and relation (names? relation 'params)) #'params #'0)])
        (with-syntax ([charged #'(chargeo layer in out params account after)])
          (cond
            [(and relation (names? relation 'account 'after)) #'(called)]
            [(charge-first? entry) #'(charged called)]
            [(and relation (names? relation 'in 'out)) #'(called charged)]
            [else #'((== in out) called charged)])))))
  (syntax-case stx ()
    [(_ (layero any-layero layer in out account after) list ...)
     (with-syntax ([((kind goal ...) ...)
                    (for/list ([entry (in-list (layers-of #'(list ...)))])
                      (cons (layer-kind entry)
                            (goals entry (syntax->list #'(layer in out account after params)))))])
       #'(begin
           (check-kinds '(kind ...))
           (define (layero layer in out account after)
             (case (and (pair? layer) (car layer))
               [(kind) (fresh (params) goal ...)] ...
               [else
                (when (and (pair? layer) (symbol? (car layer)))
                  (raise-user-error 'layero "unknown layer ~a; protocol/grammar.md lists them all"
                                    (car layer)))
                (any-layero layer in out account after)]))
           (defrel (any-layero layer in out account after)
             (fresh (params arguments)
               (conde [(== layer (cons 'kind arguments)) goal ...] ...)))))]))

(define-layers join-layers
  [residual (residualo layer in out account after)]
  [concat (concato layer in out account after)])

(define-any-layer (layero any-layero layer in out account after)
  torch-layers block-layers sequence-layers join-layers)

;; (residual (LAYER …) (LAYER …)): the sum of two branches that give equal shapes; () is the identity
(defrel (residualo layer in out account after)
  (fresh (left right account-left account-right)
    (== layer `(residual ,left ,right))
    (layerso left in out account account-left)
    (layerso right in out account-left account-right)
    (chargeo layer in out 0 account-right after)))

;; (concat (LAYER …) …): the channels of one branch after those of the other; the other sizes are
;; equal
(defrel (concato layer in out account after)
  (fresh (branch branches channels more-channels total sizes account-first account-all)
    (== layer `(concat ,branch . ,branches))
    (== out `(,total . ,sizes))
    (layerso branch in `(,channels . ,sizes) account account-first)
    (fd (= total (+ channels more-channels)))
    (concatenatedo branches in more-channels sizes account-first account-all)
    (chargeo layer in out 0 account-all after)))

(defrel (concatenatedo branches in total sizes account after)
  (fresh (branch rest channels more-channels account-branch)
    (conde
      [(== branches '()) (== total 0) (== after account)]
      [(== branches `(,branch . ,rest))
       (layerso branch in `(,channels . ,sizes) account account-branch)
       (fd (= total (+ channels more-channels)))
       (concatenatedo rest in more-channels sizes account-branch after)])))
